// Chooses the share of the views to keep so that kept views tell the label about as often as real ones do (ours).
import { labelRetention, type Retention } from "../../synthesis/measures/label-retention.ts";
import { ruleScores, type ScoreRow } from "./scores-file.ts";
import { selectViews } from "./selection.ts";
import { lastEpoch, teacherRule } from "./teacher-rule.ts";

/** Shares to choose from: every number of views of the examples with the most. */
function sharesOf(rows: readonly ScoreRow[]): number[] {
  const most = rows.reduce((largest, { views }) => Math.max(largest, views.length), 0);
  return Array.from({ length: most }, (_, i) => (most - i) / most);
}

/**
 * The largest share at which teachers name the gold label from the kept views at least as often as from real second views; the smallest if
 * none is enough. 1 keeps all: then generated views tell as much as real ones without a selection.
 */
export function matchedShare(rows: readonly ScoreRow[], real: Pick<Retention, "share">): number {
  const shares = sharesOf(rows);
  return shares.find((share) => retentionAt(rows, share) >= real.share) ?? shares.at(-1) ?? 1;
}

/** Share of the views kept at a share of each example's views from which the gold label is predicted. */
function retentionAt(rows: readonly ScoreRow[], share: number): number {
  const rule = teacherRule({ method: "teacher", share }, ruleScores(rows), lastEpoch);
  let [kept, right] = [0, 0];
  for (const { example, label, views } of rows) {
    for (const { predicted } of selectViews(rule, example, views, 0)) {
      kept++;
      if (predicted === label) right++;
    }
  }
  return kept === 0 ? 0 : right / kept;
}

/** How often teachers name the gold label from these views; undefined without views. */
export function retentionOf(
  rows: readonly ScoreRow[],
  clusterOf: (row: ScoreRow) => number,
  isCounted: (example: string, view: string) => boolean = () => true,
): Retention | undefined {
  return labelRetention(
    rows.flatMap((row) =>
      row.views
        .filter(({ id }) => isCounted(row.example, id))
        .map(({ predicted }) => ({ round: 0, gold: row.label, predicted, cluster: clusterOf(row) })),
    ),
  ).all;
}
