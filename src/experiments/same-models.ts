// Finds the rows of an experiment that are one model under several names, so that no model is listed twice or tested against itself.
import { join } from "node:path";
import { fingerprintFile } from "../data/fingerprint.ts";
import { STAGE_FILES } from "./stage-commands.ts";
import { readStageRecord } from "./stage-record.ts";

/** The stages behind a row's score with one seed. */
export interface ScoredRun {
  readonly seed: number;
  readonly train: string;
  readonly evaluate: string;
}

/**
 * Describes what produced a row's scores: for every seed, the SHA-256 of the weights and of the predictions. Rows with the same
 * description are the same models, byte for byte, and answered the same. Undefined without runs.
 */
export async function modelsOf(out: string, runs: readonly ScoredRun[]): Promise<string | undefined> {
  if (runs.length === 0) return undefined;
  const bySeed = [...runs].sort((a, b) => a.seed - b.seed);
  const parts = bySeed.map(async ({ seed, train, evaluate }) => {
    const predictions = await fingerprintFile(join(out, evaluate, STAGE_FILES.predictions));
    return [seed, await weightsOf(out, train), predictions];
  });
  return JSON.stringify(await Promise.all(parts));
}

/** The SHA-256 of a finished training's best weights; the stage's id where none was recorded, by an earlier version. */
export async function weightsOf(out: string, train: string): Promise<string> {
  return (await readStageRecord(join(out, train)))?.weights ?? train;
}

/** Groups rows of the same models, in the order of each group's first row; rows without a description stay alone. */
export function groupSame<Row>(rows: readonly Row[], models: ReadonlyMap<Row, string>): Row[][] {
  const groups = new Map<string | Row, Row[]>();
  for (const row of rows) {
    const key = models.get(row) ?? row;
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return [...groups.values()];
}
