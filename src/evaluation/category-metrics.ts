// Scores of classified posts: accuracy, macro F1, one row per category, the confusion matrix.
import { type ClassScore, classMetrics } from "./class-metrics.ts";
import type { PrecisionRecallF1, Score } from "./match-counts.ts";

/** Scores of categories; all ratios are in [0, 1]. */
export interface CategoryMetrics {
  readonly instances: number;
  readonly correct: number;
  /** correct / instances; 0 if there is no instance. */
  readonly accuracy: number;
  /** Counts pooled over all categories. If every post has an answer, precision, recall and F1 all equal the accuracy. */
  readonly micro: Score;
  /** Unweighted means over all categories; those without instances count as 0: scikit-learn's "macro". */
  readonly macro: PrecisionRecallF1;
  /** The same over categories with at least one gold instance. */
  readonly macroSupported: PrecisionRecallF1;
  /** Every category in the order of `labels`. */
  readonly categories: readonly ClassScore[];
  /** `confusion[gold][predicted]`: counts. */
  readonly confusion: readonly (readonly number[])[];
}

/**
 * Scores predicted categories against gold ones, both as indices into `labels`, one per post; undefined for a post without an answer.
 *
 * @throws EvaluationError `evaluation/different-lengths`, `evaluation/bad-label-index`.
 * @example
 * import { categoryMetrics } from "relata/evaluation";
 *
 * categoryMetrics([0, 0, 1, 2], [0, 1, 1, 2], ["work", "travel", "family"]).accuracy; // 3/4
 */
export function categoryMetrics(
  gold: ArrayLike<number>,
  predicted: ArrayLike<number | undefined>,
  labels: readonly string[],
): CategoryMetrics {
  const unanswered = labels.length;
  const answers = Array.from(predicted, (answer) => answer ?? unanswered);
  const isComplete = !answers.includes(unanswered);
  const { rows, confusion, ...metrics } = classMetrics(
    "categories",
    gold,
    answers,
    isComplete ? labels : [...labels, "no answer"],
    unanswered,
  );
  return {
    ...metrics,
    categories: rows.slice(0, unanswered),
    confusion: confusion.slice(0, unanswered).map((row) => row.slice(0, unanswered)),
  };
}
