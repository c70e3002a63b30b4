// Options of commands that use a queue.
import type { Command } from "commander";
import { parsePositiveInteger } from "./option-parsers.ts";

export interface QueueOptions {
  readonly queue?: string | undefined;
  readonly queueName?: string | undefined;
}

/** Options of a submitter. */
export interface SubmitOptions extends QueueOptions {
  readonly queueDepth?: number | undefined;
  readonly attempts?: number | undefined;
}

/** The name of the queue, unless another one is given. */
export const QUEUE_NAME = "relata";

/** @param units what is handed out: "units" */
export function addSubmitOptions(command: Command, units = "units"): Command {
  return command
    .option(
      "--queue <url>",
      `let \`relata work\` processes do the ${units}: redis://host:6379 or postgres://user@host/database`,
    )
    .option("--queue-name <name>", `name of the queue (default: ${QUEUE_NAME})`)
    .option("--queue-depth <number>", `${units} in the queue at once (default: 64)`, parsePositiveInteger)
    .option(
      "--attempts <number>",
      "give a unit up after this many failures (default: 3)",
      parsePositiveInteger,
    );
}
