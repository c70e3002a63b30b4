// Scores of answers with one class each, for relations and categories: micro F1, accuracy, macro F1, one row per class, the confusion matrix.
import { requireIndices, requireSameLength } from "./evaluation-error.ts";
import {
  type MatchCounts,
  meanScore,
  type PrecisionRecallF1,
  pooledScore,
  ratio,
  type Score,
  scoreOf,
  sum,
} from "./match-counts.ts";

/** One class's row. */
export interface ClassScore extends Score {
  readonly label: string;
}

/** Scores of classes; all ratios are in [0, 1]. */
export interface ClassMetrics {
  readonly instances: number;
  readonly correct: number;
  readonly accuracy: number;
  readonly micro: Score;
  readonly macro: PrecisionRecallF1;
  readonly macroSupported: PrecisionRecallF1;
  readonly rows: readonly ClassScore[];
  readonly confusion: readonly (readonly number[])[];
}

/**
 * Scores predictions against gold labels, both as indices into `labels`, one per instance.
 *
 * @param noneIndex the class that says that there is nothing: it has a row, but counts neither in micro nor in macro scores
 * @throws EvaluationError `evaluation/different-lengths`, `evaluation/bad-label-index`.
 */
export function classMetrics(
  what: string,
  gold: ArrayLike<number>,
  predicted: ArrayLike<number>,
  labels: readonly string[],
  noneIndex?: number,
): ClassMetrics {
  requireSameLength(what, gold, predicted);
  requireIndices(`gold ${what}`, gold, labels.length);
  requireIndices(`predicted ${what}`, predicted, labels.length);

  const confusion = labels.map(() => new Array<number>(labels.length).fill(0));
  for (let i = 0; i < gold.length; i++) confusion[gold[i]!]![predicted[i]!]!++; // indices were checked

  const rows = labels.map((label, k): ClassScore => {
    const counts: MatchCounts = {
      truePositives: confusion[k]![k]!, // square, as wide as the label set
      predicted: sum(confusion.map((row) => row[k]!)),
      support: sum(confusion[k]!),
    };
    return { label, ...scoreOf(counts) };
  });
  const scored = rows.filter((_, k) => k !== noneIndex);
  const correct = sum(rows.map(({ truePositives }) => truePositives));
  return {
    instances: gold.length,
    correct,
    accuracy: ratio(correct, gold.length),
    micro: pooledScore(scored),
    macro: meanScore(scored),
    macroSupported: meanScore(scored.filter(({ support }) => support > 0)),
    rows,
    confusion,
  };
}
