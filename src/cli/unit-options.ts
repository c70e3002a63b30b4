// `--shard`, `--gather` and `--queue`: options that divide work among processes, the same in every command that has them.
import type { Command } from "commander";
import { ConfigError } from "../base/errors.ts";
import type { ShardChoice } from "../units/shard.ts";
import type { SubmitOptions } from "./queue-options.ts";

/** How a command line divides its work. */
export interface DivisionOptions extends SubmitOptions {
  readonly shard?: string | undefined;
  readonly gather?: boolean | undefined;
}

/** The flag that divides the work. */
type Division = "--shard" | "--gather" | "--queue";

/**
 * @param what what is divided: "input"
 * @param gathered what `--gather` does: "write --out from the results of all shards"
 */
export function addShardOptions(command: Command, what: string, gathered: string): Command {
  return addShardOption(command, `do only this share of the ${what}`).option("--gather", gathered);
}

/** `--shard` alone. */
export function addShardOption(command: Command, what: string): Command {
  return command.option(
    "--shard <i/n>",
    `${what}, counted from 0; auto or auto/n: the number that Slurm or Kubernetes gave the process`,
  );
}

/** The way in which a command line divides its work; undefined if it does not. @throws ConfigError `cli/contradiction` */
export function divisionOf({ shard, gather, queue }: DivisionOptions): Division | undefined {
  if (queue !== undefined && (shard !== undefined || gather === true))
    throw contradiction(
      `--queue is given with ${gather === true ? "--gather" : "--shard"}`,
      "--queue",
      "Use the queue alone: it has all units done, and then gathers them.",
    );
  if (shard !== undefined && gather === true)
    throw contradiction("--shard and --gather are given", "--gather", "Run all shards first, then gather.");
  if (queue !== undefined) return "--queue";
  if (shard !== undefined) return "--shard";
  return gather === true ? "--gather" : undefined;
}

/** @throws ConfigError `units/wrong-shard`, `units/no-shard-number` */
export async function shardOf({ shard }: DivisionOptions): Promise<ShardChoice | undefined> {
  if (shard === undefined) return undefined;
  const { readShard } = await import("../units/shard.ts");
  return readShard(shard);
}

/** Two options that do not go together. */
export function contradiction(message: string, place: string, remedy: string): ConfigError {
  return new ConfigError({ code: "cli/contradiction", message, place, remedy });
}
