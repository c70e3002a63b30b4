// Codes of work that is cut into units and divided among machines.
import type { CodeTable } from "./code-table.ts";

/** Errors about units, shards and queues. */
export const UNIT_CODES = {
  "units/damaged-unit": {
    means:
      "The published result of a unit is incomplete, was changed, or belongs to another unit or job. A file system without hard links can leave such a file when a process is killed.",
    remedy:
      "Remove the object that the message names and run the command again, which makes this unit again.",
  },
  "units/incomplete": {
    means: "The result cannot be put together, because some units are not published.",
    remedy:
      "Run the shards that the message names, or all of them: what is published is not done again. If a unit keeps failing, its own error says why.",
    fault: "work",
  },
  "units/input-changed": {
    means: "The rows of a unit are not those that were in the input when it was divided into units.",
    remedy:
      "Give every machine the same input. If the input was meant to change, start again: its units get keys of their own.",
  },
  "units/no-shard-number": {
    means:
      "`--shard auto` was used outside an array job of Slurm or an indexed job of Kubernetes, or without the number of shards where only Slurm would say it.",
    remedy: "Write the shard as `--shard i/n`, or `--shard auto/n` in Kubernetes.",
  },
  "units/not-repeatable": {
    means: "The input is a stream, which only one process can read, and only once.",
    remedy: "Write the posts to a file or a folder that all machines share.",
  },
  "units/unknown-store": {
    means: "The place for the results of units is an address of a kind that relata does not know.",
    remedy: "Name a folder that all machines share.",
  },
  "units/wrong-shard": {
    means: "What `--shard` says is not a shard, or not one of as many shards as it says there are.",
    remedy:
      "Write `--shard i/n` with i from 0 to n - 1: the shards of four processes are 0/4, 1/4, 2/4 and 3/4.",
  },
  "units/wrong-size": {
    means: "The number of rows in a unit cannot give the same result as one process would.",
    remedy: "Use a multiple of 128, the number of posts that the models read together.",
  },
} as const satisfies CodeTable;
