// Scores of relation classification: micro F1 without the "None" label, accuracy with it, macro F1, and one row per relation.
import type { LabelSet } from "../data/index.ts";
import { requireIndices, requireSameLength } from "./evaluation-error.ts";

/** A ratio whose denominator is 0 is 0, as in scikit-learn with `zero_division=0`. */
export interface PrecisionRecallF1 {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** How often something was predicted, was gold, and was both. */
export interface MatchCounts {
  readonly truePositives: number;
  readonly predicted: number;
  /** Gold instances. */
  readonly support: number;
}

export interface RelationScore extends PrecisionRecallF1, MatchCounts {
  readonly label: string;
}

export interface RelationMetrics {
  readonly instances: number;
  readonly correct: number;
  /** correct / instances, "None" included; 0 for no instance. */
  readonly accuracy: number;
  /**
   * Counts pooled over all labels but "None": precision = correct and not "None" / predicted not "None", recall = the same over gold
   * not "None". Equals scikit-learn's `precision_recall_fscore_support(labels=<all but None>, average="micro")`.
   */
  readonly micro: PrecisionRecallF1 & MatchCounts;
  /** Unweighted means over all labels but "None", those without any instance included (they count 0): scikit-learn's "macro". */
  readonly macro: PrecisionRecallF1;
  /** The same over labels with at least one gold instance. */
  readonly macroSupported: PrecisionRecallF1;
  /** Every label in the order of the set, "None" included. */
  readonly relations: readonly RelationScore[];
  /** `confusion[gold][predicted]`: counts. */
  readonly confusion: readonly (readonly number[])[];
}

/**
 * Scores predictions against gold labels, both as indices into `labels`, one per instance.
 *
 * @throws EvaluationError `evaluation/different-lengths`, `evaluation/bad-label-index`.
 */
export function relationMetrics(
  gold: ArrayLike<number>,
  predicted: ArrayLike<number>,
  labels: LabelSet,
): RelationMetrics {
  requireSameLength("relationMetrics", gold, predicted);
  requireIndices("relationMetrics: gold", gold, labels.size);
  requireIndices("relationMetrics: predicted", predicted, labels.size);

  const confusion = labels.labels.map(() => new Array<number>(labels.size).fill(0));
  for (let i = 0; i < gold.length; i++) confusion[gold[i]!]![predicted[i]!]!++; // indices were checked

  const relations = labels.labels.map((label, k): RelationScore => {
    const counts = {
      truePositives: confusion[k]![k]!, // square, as wide as the label set
      predicted: sum(confusion.map((row) => row[k]!)),
      support: sum(confusion[k]!),
    };
    return { label, ...scoreOf(counts), ...counts };
  });
  const scored = relations.filter((_, k) => k !== labels.noneIndex);
  const pooled: MatchCounts = {
    truePositives: sum(scored.map(({ truePositives }) => truePositives)),
    predicted: sum(scored.map((relation) => relation.predicted)),
    support: sum(scored.map(({ support }) => support)),
  };
  const correct = sum(relations.map(({ truePositives }) => truePositives));
  return {
    instances: gold.length,
    correct,
    accuracy: ratio(correct, gold.length),
    micro: { ...scoreOf(pooled), ...pooled },
    macro: meanScore(scored),
    macroSupported: meanScore(scored.filter(({ support }) => support > 0)),
    relations,
    confusion,
  };
}

/** precision = tp / predicted, recall = tp / support, F1 = 2 tp / (predicted + support). */
function scoreOf({ truePositives, predicted, support }: MatchCounts): PrecisionRecallF1 {
  return {
    precision: ratio(truePositives, predicted),
    recall: ratio(truePositives, support),
    f1: ratio(2 * truePositives, predicted + support),
  };
}

function meanScore(scores: readonly PrecisionRecallF1[]): PrecisionRecallF1 {
  const mean = (of: (score: PrecisionRecallF1) => number) => ratio(sum(scores.map(of)), scores.length);
  return { precision: mean((s) => s.precision), recall: mean((s) => s.recall), f1: mean((s) => s.f1) };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function ratio(numerator: number, denominator: number): number {
  return denominator === 0 ? 0 : numerator / denominator;
}
