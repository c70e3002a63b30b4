// Instability of an experiment's trainings by variant: from each training's log, over the seeds, with the trainings that broke off or learned nothing.

import { join } from "node:path";
import { type Instability, instabilityOf } from "../report/run/instability.ts";
import { readRun } from "../report/run/read-run.ts";
import type { ExperimentFile } from "./experiment-file.ts";
import { STAGE_FILES } from "./stage-commands.ts";
import { readStageRecord } from "./stage-record.ts";
import { type TInterval, tInterval } from "./t-interval.ts";

/** One training. */
export interface RunInstability extends Instability {
  readonly seed: number;
}

/** The trainings of one variant. */
export interface InstabilityRow {
  readonly variant: string;
  readonly value?: number;
  readonly runs: readonly RunInstability[];
  /** Means over the seeds with 95 % intervals over other seeds (Student's t). */
  readonly lossNoise?: TInterval;
  readonly relativeLossNoise?: TInterval;
  readonly gradientSpikes?: TInterval;
  /** The variant's relative noise less the reference's, over the seeds that both have; paired, since seeds share batches and first weights. */
  readonly difference?: TInterval;
  /** Seeds whose loss or gradient became NaN or infinite. */
  readonly diverged: readonly number[];
  /** Seeds whose loss did not fall, or that got nothing right. */
  readonly notLearned: readonly number[];
}

/** How a training's error says that a number was not finite. */
const NOT_FINITE = /training\/non-finite-(loss|gradient)|the (loss|gradient norm) is (NaN|-?Infinity)/;

/** Rows in the order of the variants; variants without any finished or diverged training are left out. */
export async function instabilityRows(out: string, file: ExperimentFile): Promise<readonly InstabilityRow[]> {
  const rows: InstabilityRow[] = [];
  for (const { name, value } of file.variants) {
    const trainings = new Map(
      file.evaluations.filter(({ variant }) => variant === name).map(({ seed, train }) => [seed, train]),
    );
    const runs: RunInstability[] = [];
    const diverged: number[] = [];
    for (const [seed, train] of [...trainings].sort(([a], [b]) => a - b)) {
      const record = await readStageRecord(join(out, train));
      if (record === undefined || record.fingerprint !== file.stages[train]) continue;
      if (record.failure !== undefined && NOT_FINITE.test(`${record.failure.message}\n${record.failure.log}`))
        diverged.push(seed);
      if (record.status !== "finished") continue;
      const { training, evaluations } = await readRun(join(out, train, STAGE_FILES.run));
      const scores = evaluations.flatMap(({ metrics }) => metrics[file.metric] ?? []);
      const found = instabilityOf(training, scores.length === 0 ? undefined : Math.max(...scores));
      if (found !== undefined) runs.push({ seed, ...found });
    }
    if (runs.length + diverged.length === 0) continue;
    rows.push({
      variant: name,
      ...(value === undefined ? {} : { value }),
      runs,
      ...summariesOf(runs),
      diverged,
      notLearned: runs.filter(({ learned }) => !learned).map(({ seed }) => seed),
    });
  }
  const reference = rows.find(({ variant }) => variant === file.reference);
  return rows.map((row) => withDifference(row, reference));
}

function summariesOf(
  runs: readonly RunInstability[],
): Pick<InstabilityRow, "lossNoise" | "relativeLossNoise" | "gradientSpikes"> {
  if (runs.length === 0) return {};
  const spikes = runs.flatMap(({ gradientSpikes }) => gradientSpikes ?? []);
  return {
    lossNoise: tInterval(runs.map(({ lossNoise }) => lossNoise)),
    relativeLossNoise: tInterval(runs.map(({ relativeLossNoise }) => relativeLossNoise)),
    ...(spikes.length === 0 ? {} : { gradientSpikes: tInterval(spikes) }),
  };
}

function withDifference(row: InstabilityRow, reference: InstabilityRow | undefined): InstabilityRow {
  if (reference === undefined || row === reference) return row;
  const differences = row.runs.flatMap(({ seed, relativeLossNoise }) => {
    const other = reference.runs.find((run) => run.seed === seed);
    return other === undefined ? [] : [relativeLossNoise - other.relativeLossNoise];
  });
  return differences.length === 0 ? row : { ...row, difference: tInterval(differences) };
}
