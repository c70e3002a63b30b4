// Teachers' scores of a run's views: what was kept, the scores of kept and dropped views, and the change by round.
import { join } from "node:path";
import { DataError } from "../../base/errors.ts";
import { readReadings, rowsOfBoth } from "../../extractors/student/readings.ts";
import { ruleScores, type ScoreRow } from "../../extractors/student/scores-file.ts";
import { selectViews } from "../../extractors/student/selection.ts";
import {
  lastEpoch,
  needsTeachers,
  type TeacherSelection,
  teacherRule,
} from "../../extractors/student/teacher-rule.ts";
import type { View } from "../../synthesis/view.ts";
import { histogramOf } from "../charts/histogram.ts";
import type { ViewScore } from "../contact-sheet-of.ts";
import { measureOf } from "../numbers.ts";
import type { Block } from "../report-data.ts";
import type { RunRecord } from "./read-run.ts";

/** Scores of one example's views by the views' ids, in the order of the store. */
export interface ScoredExample {
  readonly row: ScoreRow;
  readonly scores: ReadonlyMap<string, ViewScore & { readonly crossEntropy: number }>;
}

/** Subfolder of the run folder with the run's own teachers. */
const TEACHER_FOLDER = "teachers";

/** The path of the scores used for a run's selection, even if they no longer exist; undefined for other selections. */
export function scoresFolderOf({ folder, settings, data }: RunRecord): string | undefined {
  if (!needsTeachers(data.selection?.method ?? "none")) return undefined;
  return settings.synthesis?.selection?.scores ?? join(folder, TEACHER_FOLDER);
}

/** Reads the scores used for a run's selection; undefined for other selections, or if they no longer exist. */
export async function readTeacherScores(record: RunRecord): Promise<readonly ScoreRow[] | undefined> {
  const place = scoresFolderOf(record);
  if (place === undefined) return undefined;
  try {
    const readings = await readReadings(place);
    const bothSelected = record.data.selection?.gate?.open === true;
    return bothSelected ? rowsOfBoth(readings) : [...readings.scores.rows.values()];
  } catch (error) {
    if (error instanceof DataError && error.code === "data/no-scores") return undefined;
    throw error;
  }
}

/** Selects among the views of `pool` as the run did, by the teachers' scores after their last epoch. */
export function scoreExample(
  row: ScoreRow,
  pool: readonly View[],
  selection: TeacherSelection,
): ScoredExample {
  const last = new Map(row.views.map(({ id, crossEntropy }) => [id, crossEntropy.at(-1)]));
  const scored = pool.flatMap(({ id }) => {
    const crossEntropy = last.get(id);
    return crossEntropy === undefined ? [] : [{ id, crossEntropy }];
  });
  const rule = teacherRule(selection, ruleScores([row]), lastEpoch);
  const kept = new Set(selectViews(rule, row.example, scored, 0).map(({ id }) => id));
  return {
    row,
    scores: new Map(
      scored.map(({ id, crossEntropy }) => [id, { view: id, crossEntropy, kept: kept.has(id) }] as const),
    ),
  };
}

/** Returns a histogram of kept and dropped views, and mean scores by round. */
export function scoreBlocks(
  examples: readonly ScoredExample[],
  rounds: ReadonlyMap<string, number>,
  labelEntropy: number | undefined,
): Block[] {
  const all = examples.flatMap(({ scores }) => [...scores.values()]);
  if (all.length === 0) return [];
  const values = (kept: boolean) => all.filter((one) => one.kept === kept).map((one) => one.crossEntropy);
  const without = measureOf(examples.flatMap(({ row }) => row.withoutView.slice(-1))).mean;
  const byRound = [...new Set(rounds.values())].sort((a, b) => a - b);
  const meanOf = (round: number, keptOnly: boolean) =>
    measureOf(
      all
        .filter(({ view, kept }) => rounds.get(view) === round && (kept === true || !keptOnly))
        .map(({ crossEntropy }) => crossEntropy),
    ).mean;
  const curve = (name: string, keptOnly: boolean) => ({
    name,
    runs: [{ name: "this run", points: byRound.map((round) => [round, meanOf(round, keptOnly)] as const) }],
  });
  return [
    {
      kind: "histogram",
      title: "Teachers' scores",
      description:
        "Out-of-fold cross-entropy of the gold label: the lower, the more a view says about the label.",
      x: { label: "cross-entropy, nats", digits: 2 },
      ...histogramOf(
        [
          { name: "kept", values: values(true) },
          { name: "dropped", values: values(false) },
        ],
        { bins: 24 },
      ),
      ...(labelEntropy === undefined ? {} : { references: [{ name: "H(Y)", value: labelEntropy }] }),
    },
    {
      kind: "lines",
      title: "Teachers' scores by round",
      description: "How much later rounds of a chain still say about the label.",
      x: { label: "round", integer: true },
      y: { label: "mean cross-entropy, nats" },
      curves: [curve("all accepted", false), curve("kept", true)],
      references: [{ name: "without a view", value: without }],
    },
  ];
}
