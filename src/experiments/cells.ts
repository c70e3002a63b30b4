// The cells of an experiment: units of work that do not depend on each other. A cell is a training with its evaluations, and the stages that
// both need; its number is its place in the plan, the same in every process with the same command line.
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { StageFingerprint } from "./fingerprint.ts";
import { withNeeds } from "./plan-work.ts";
import type { TaskEnd } from "./schedule.ts";
import type { Stage } from "./stage.ts";
import { STAGE_FILES } from "./stage-commands.ts";
import { readStageRecord } from "./stage-record.ts";

/** A training, its evaluations, and what they need. */
export interface ExperimentCell {
  /** Folder of the cell below the experiment's. */
  readonly id: string;
  readonly stages: readonly Stage[];
}

/** Returns the cells of some stages, in order. Variants with the same configuration are one cell. */
export function cellsOf(work: readonly Stage[]): readonly ExperimentCell[] {
  return work
    .filter(({ kind }) => kind === "train")
    .map((train) => {
      const scored = work.filter(({ kind, needs }) => kind === "evaluate" && needs.includes(train.id));
      return {
        id: train.id.slice(0, train.id.lastIndexOf("/")),
        stages: withNeeds(work, [train.id, ...scored.map(({ id }) => id)]),
      };
    });
}

/** Whether a cell is trained and scored, by whichever process. Shared stages do not count: they are done when what needs them is. */
export async function isCellFinished(
  { stages }: ExperimentCell,
  fingerprints: ReadonlyMap<string, StageFingerprint>,
): Promise<boolean> {
  for (const { id, kind, folder } of stages) {
    if (kind !== "train" && kind !== "evaluate") continue;
    const record = await readStageRecord(folder);
    if (record?.status !== "finished" || record.fingerprint !== fingerprints.get(id)?.fingerprint)
      return false;
  }
  return true;
}

/** Whether a training still has the weights that evaluations read. */
export function hasWeights({ folder }: Stage): boolean {
  return existsSync(join(folder, STAGE_FILES.run, "model-best"));
}

/** What became of a cell: the worst end of its stages. */
export function endOf({ stages }: ExperimentCell, ends: ReadonlyMap<string, TaskEnd>): TaskEnd {
  const all = stages.map(({ id }) => ends.get(id) ?? "done"); // one that was done before has no end
  return (["failed", "blocked", "stopped"] as const).find((end) => all.includes(end)) ?? "done";
}
