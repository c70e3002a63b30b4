// Which units a process does when a scheduler starts n of them: those whose number leaves its own number as the remainder.
import { ConfigError } from "../base/errors.ts";

/** Shard `index` of `count`, counted from 0. */
export interface ShardChoice {
  readonly index: number;
  readonly count: number;
}

/** The unit numbers of a shard, in order. */
export function* unitsOfShard({ index, count }: ShardChoice, units: number): Generator<number> {
  for (let unit = index; unit < units; unit += count) yield unit;
}

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Reads a shard: "3/16", counted from 0; "auto/16", whose index is the number that Kubernetes (`JOB_COMPLETION_INDEX`) or Slurm
 * (`SLURM_ARRAY_TASK_ID`) gave the process; or "auto", which also takes the count from Slurm.
 *
 * @throws ConfigError `units/wrong-shard`, `units/no-shard-number`
 */
export function readShard(text: string, variables: Variables = process.env): ShardChoice {
  const match = /^(\d+|auto)(?:\/(\d+))?$/.exec(text);
  const [, index, count] = match ?? [];
  if (index === undefined || (count === undefined && index !== "auto"))
    throw wrongShard(text, "is not a shard such as 0/16, auto/16 or auto");
  if (count === undefined) return ofSlurm(text, variables);
  const choice = { index: index === "auto" ? numberOf(variables) : Number(index), count: Number(count) };
  if (!Number.isSafeInteger(choice.count) || choice.count < 1)
    throw wrongShard(text, "has no shards: the second number is the number of processes");
  if (!Number.isSafeInteger(choice.index) || choice.index >= choice.count)
    throw wrongShard(
      text,
      `is shard ${choice.index} of ${choice.count}; shards are counted from 0, so the last one is ${choice.count - 1}`,
    );
  return choice;
}

/** The process's number. */
function numberOf(variables: Variables): number {
  for (const name of ["JOB_COMPLETION_INDEX", "SLURM_ARRAY_TASK_ID"] as const) {
    const number = integerOf(variables, name);
    if (number !== undefined) return number;
  }
  throw new ConfigError({
    code: "units/no-shard-number",
    message:
      "auto takes the shard's number from JOB_COMPLETION_INDEX or SLURM_ARRAY_TASK_ID, and neither is set",
    place: "--shard",
    remedy: "Run it in an indexed job of Kubernetes or an array of Slurm, or write the number: --shard 0/16.",
  });
}

/** Number and count of a task of an array. Slurm says how many tasks there are, but not which: a list with gaps does not say its order. */
function ofSlurm(text: string, variables: Variables): ShardChoice {
  const id = integerOf(variables, "SLURM_ARRAY_TASK_ID");
  const count = integerOf(variables, "SLURM_ARRAY_TASK_COUNT");
  const first = integerOf(variables, "SLURM_ARRAY_TASK_MIN");
  const last = integerOf(variables, "SLURM_ARRAY_TASK_MAX");
  if (id === undefined || count === undefined || first === undefined || last === undefined)
    throw new ConfigError({
      code: "units/no-shard-number",
      message:
        "auto without a count needs the variables that Slurm sets in an array job, and they are not all set",
      place: "--shard",
      remedy: "Say how many shards there are: --shard auto/16 in Kubernetes, --shard 0/16 elsewhere.",
    });
  const step = count === 1 ? 1 : (last - first) / (count - 1);
  const index = (id - first) / step;
  if (!Number.isInteger(step) || !Number.isInteger(index))
    throw wrongShard(
      text,
      `does not say which shard task ${id} is, because the array's numbers are not evenly spaced`,
    );
  return { index, count };
}

function integerOf(variables: Variables, name: string): number | undefined {
  const text = variables[name];
  if (text === undefined || text === "") return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  throw wrongShard(`${name}=${text}`, "is not a whole number");
}

function wrongShard(text: string, what: string): ConfigError {
  return new ConfigError({
    code: "units/wrong-shard",
    message: `${text} ${what}`,
    place: "--shard",
    value: text,
    remedy: "Write --shard i/n with i from 0 to n - 1, or --shard auto in an array job of Slurm.",
  });
}
