// Asks on a terminal before anything is paid for.
import { createInterface } from "node:readline/promises";
import { ConfigError } from "../base/errors.ts";
import type { Output } from "./output.ts";

/** What a command may cost, and whether the user has agreed already. */
export interface ConsentRequest {
  readonly cost: number;
  /** Calls left to make. */
  readonly remaining: number;
  /** `--yes`. */
  readonly yes: boolean | undefined;
  /** What has not happened if the user declines: "nothing was generated". */
  readonly nothing: string;
}

/** Asks unless it is free or agreed to. @throws ConfigError `cli/needs-consent`, `cli/declined` */
export async function requireConsent(
  { cost, remaining, yes, nothing }: ConsentRequest,
  output: Output,
): Promise<void> {
  if (cost === 0 || remaining === 0 || yes === true) return;
  if (output.json || !process.stdin.isTTY || !process.stderr.isTTY) {
    throw new ConfigError({
      code: "cli/needs-consent",
      message: `this can cost up to ${cost.toFixed(2)}, and there is no terminal on which to ask for confirmation`,
      place: "--yes",
      value: cost,
      remedy: "Add --yes to agree, and --budget <amount> to limit the cost.",
    });
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`This can cost up to ${cost.toFixed(2)}. Continue? [y/N] `);
    if (/^y(es)?$/i.test(answer.trim())) return;
  } finally {
    terminal.close();
  }
  throw new ConfigError({
    code: "cli/declined",
    message: `cancelled: ${nothing}`,
    place: "--yes",
    remedy: "Run the command again and answer y to continue.",
  });
}
