// All that the teachers of a folder of scores read, and the gate that their second teachers decide.
import { DataError } from "../../base/errors.ts";
import type { Config } from "../../config/schema.ts";
import { type Gate, gateOf } from "./gate.ts";
import {
  type FurtherReading,
  readFurther,
  readScores,
  type ScoreRow,
  type ViewScores,
} from "./scores-file.ts";

export interface Readings {
  readonly scores: ViewScores;
  /** Real second views of validation documents. */
  readonly real: readonly ScoreRow[] | undefined;
  /** The generated views, by teachers that do not select; absent without a gate. */
  readonly second: readonly ScoreRow[] | undefined;
  /** Views of other examples, by the same. */
  readonly shuffled: readonly ScoreRow[] | undefined;
}

/** Reads them. @throws DataError `data/no-scores`, `data/bad-scores` */
export async function readReadings(folder: string): Promise<Readings> {
  const scores = await readScores(folder);
  const further = (reading: FurtherReading) => readFurther(folder, scores.about, reading);
  return {
    scores,
    real: await further("real"),
    second: await further("second"),
    shuffled: await further("shuffled"),
  };
}

/**
 * The rows that select behind an open gate: the mean cross-entropies of both teachers of a fold, each of which learnt from half of the other
 * folds only; predictions are the first one's.
 */
export function rowsOfBoth({ scores, second = [] }: Readings): ScoreRow[] {
  const others = new Map(second.map((row) => [row.example, row]));
  const mean = (a: readonly number[], b: readonly number[]) => a.map((value, i) => (value + b[i]!) / 2); // of the same epochs
  return [...scores.rows.values()].map((row) => {
    const other = others.get(row.example);
    if (other === undefined) return row;
    const views = new Map(other.views.map(({ id, crossEntropy }) => [id, crossEntropy]));
    return {
      ...row,
      withoutView: mean(row.withoutView, other.withoutView),
      views: row.views.map((view) => ({
        ...view,
        crossEntropy: mean(view.crossEntropy, views.get(view.id) ?? view.crossEntropy),
      })),
    };
  });
}

/** The gate of a run. @throws DataError `data/missing-reading` without second teachers */
export function gateBySecondTeachers(
  { second, shuffled }: Readings,
  { synthesis: { selection }, training }: Config,
  clusters: ReadonlyMap<string, number>,
  place: string,
): Gate {
  if (second === undefined || shuffled === undefined) {
    throw missingReading(
      place,
      "there are no second teachers, but synthesis.selection.gate.enabled is true",
      ["Score the views again with this setting", "set it to false"],
    );
  }
  return gateOf(second, shuffled, {
    margin: selection.gate.margin,
    seed: training.seed,
    clusterOf: (example) => clusters.get(example) ?? -1, // of other documents: together
  });
}

/** Scores that lack what a setting needs. */
export function missingReading(place: string, what: string, ways: readonly [string, string]): DataError {
  return new DataError({
    code: "data/missing-reading",
    message: `${place}: ${what}`,
    place,
    remedy: `${ways[0]}, or ${ways[1]}.`,
  });
}
