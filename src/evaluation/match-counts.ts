// Computes precision, recall and F1 from counts, for all scores of this layer.

/** A ratio whose denominator is 0 is 0, as in scikit-learn with `zero_division=0`. */
export interface PrecisionRecallF1 {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** Number of true positives, predictions and gold instances. */
export interface MatchCounts {
  readonly truePositives: number;
  readonly predicted: number;
  /** Gold instances. */
  readonly support: number;
}

/** Counts and the scores derived from them. */
export type Score = PrecisionRecallF1 & MatchCounts;

/** precision = tp / predicted, recall = tp / support, F1 = 2 tp / (predicted + support). */
export function scoreOf(counts: MatchCounts): Score {
  const { truePositives, predicted, support } = counts;
  return {
    precision: ratio(truePositives, predicted),
    recall: ratio(truePositives, support),
    f1: ratio(2 * truePositives, predicted + support),
    truePositives,
    predicted,
    support,
  };
}

/** The score of the summed counts ("micro"). */
export function pooledScore(counts: readonly MatchCounts[]): Score {
  return scoreOf({
    truePositives: sum(counts.map(({ truePositives }) => truePositives)),
    predicted: sum(counts.map(({ predicted }) => predicted)),
    support: sum(counts.map(({ support }) => support)),
  });
}

/** Means of the scores ("macro"), optionally weighted; zeros if there is nothing to average. */
export function meanScore(
  scores: readonly PrecisionRecallF1[],
  weights: readonly number[] = scores.map(() => 1),
): PrecisionRecallF1 {
  const mean = (of: (score: PrecisionRecallF1) => number) =>
    ratio(sum(scores.map((score, i) => of(score) * weights[i]!)), sum(weights)); // one weight per score
  return { precision: mean((s) => s.precision), recall: mean((s) => s.recall), f1: mean((s) => s.f1) };
}

/** Counts keyed predictions and gold items, each key once, and those in both. */
export function countMatches(gold: Iterable<string>, predicted: Iterable<string>): MatchCounts {
  const goldKeys = new Set(gold);
  const predictedKeys = new Set(predicted);
  let truePositives = 0;
  for (const key of predictedKeys) if (goldKeys.has(key)) truePositives++;
  return { truePositives, predicted: predictedKeys.size, support: goldKeys.size };
}

/** Division; 0 if the denominator is 0. */
export function ratio(numerator: number, denominator: number): number {
  return denominator === 0 ? 0 : numerator / denominator;
}

/** The sum of all values. */
export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
