// Scores of relation classification: micro F1 without the "None" label, accuracy with it, macro F1, and one row per relation.
import type { LabelSet } from "../data/labels.ts";
import { classMetrics } from "./class-metrics.ts";
import type { PrecisionRecallF1, Score } from "./match-counts.ts";

/** One relation's row. */
export interface RelationScore extends Score {
  readonly label: string;
}

/** Scores of relations; all ratios are in [0, 1]. */
export interface RelationMetrics {
  readonly instances: number;
  readonly correct: number;
  /** correct / instances, "None" included; 0 if there is no instance. */
  readonly accuracy: number;
  /**
   * Counts pooled over all labels but "None": precision = correct and not "None" / predicted not "None", recall = the same over gold
   * not "None". Equals scikit-learn's `precision_recall_fscore_support(labels=<all but None>, average="micro")`.
   */
  readonly micro: Score;
  /** Unweighted means over all labels but "None"; labels without instances count as 0: scikit-learn's "macro". */
  readonly macro: PrecisionRecallF1;
  /** The same over labels with at least one gold instance. */
  readonly macroSupported: PrecisionRecallF1;
  /** Every label in the order of the set, including "None". */
  readonly relations: readonly RelationScore[];
  /** `confusion[gold][predicted]`: counts. */
  readonly confusion: readonly (readonly number[])[];
}

/**
 * Scores predictions against gold labels, both as indices into `labels`, one per instance.
 *
 * @throws EvaluationError `evaluation/different-lengths`, `evaluation/bad-label-index`.
 * @example
 * import { LabelSet } from "relata/data";
 * import { relationMetrics } from "relata/evaluation";
 *
 * const labels = new LabelSet(["None", "works_for", "lives_in"]);
 * relationMetrics([0, 1, 2, 2], [0, 1, 2, 0], labels).micro; // precision 1, recall 2/3
 */
export function relationMetrics(
  gold: ArrayLike<number>,
  predicted: ArrayLike<number>,
  labels: LabelSet,
): RelationMetrics {
  const { rows, ...metrics } = classMetrics("relations", gold, predicted, labels.labels, labels.noneIndex);
  return { ...metrics, relations: rows };
}
