// Precision and recall of predictions by the probability from which they count.
import { requireProbability } from "./reliability.ts";

/** A prediction on labelled data. */
export interface ScoredPrediction {
  readonly label: string;
  /** Between 0 and 1. */
  readonly probability: number;
  /** Whether it is in the gold data. */
  readonly right: boolean;
  /** Instances of one cluster (for example a text) depend on each other. */
  readonly cluster: number;
}

/** A gold instance that was not predicted at any probability. */
export interface MissedInstance {
  readonly label: string;
  readonly cluster: number;
}

/** A model's predictions on labelled data, and what it missed: together they contain every gold instance. */
export interface LabelledPredictions {
  readonly predictions: readonly ScoredPrediction[];
  readonly missed: readonly MissedInstance[];
}

/** The predictions with at least this probability. */
export interface Cut {
  readonly threshold: number;
  readonly kept: number;
  readonly right: number;
  /** Sum of the probabilities of those kept. */
  readonly mass: number;
}

/** A point of a precision-recall curve; all numbers are between 0 and 1. */
export interface PrecisionRecallPoint {
  readonly threshold: number;
  readonly precision: number;
  readonly recall: number;
}

/**
 * The ways to cut predictions by their probability, from the strictest: one for each distinct probability. A threshold is halfway between two
 * neighbouring probabilities, and 0 where everything is kept.
 *
 * @throws EvaluationError `evaluation/bad-scores`
 */
export function cutsOf(predictions: readonly Omit<ScoredPrediction, "label">[]): Cut[] {
  for (const [i, { probability }] of predictions.entries()) requireProbability("predictions", probability, i);
  const sorted = [...predictions].sort((a, b) => b.probability - a.probability);
  const cuts: Cut[] = [];
  let [right, mass] = [0, 0];
  for (const [i, prediction] of sorted.entries()) {
    if (prediction.right) right++;
    mass += prediction.probability;
    const next = sorted[i + 1]?.probability;
    if (next === prediction.probability) continue;
    cuts.push({
      threshold: next === undefined ? 0 : (prediction.probability + next) / 2,
      kept: i + 1,
      right,
      mass,
    });
  }
  return cuts;
}

/**
 * The precision-recall curve of predictions, from the strictest threshold; empty without predictions.
 *
 * @throws EvaluationError `evaluation/bad-scores`
 * @example
 * import { precisionRecallCurve } from "relata/evaluation";
 *
 * const curve = precisionRecallCurve({
 *   predictions: [{ label: "PER", probability: 0.9, right: true, cluster: 0 }],
 *   missed: [{ label: "PER", cluster: 1 }],
 * }); // [{ threshold: 0, precision: 1, recall: 0.5 }]
 */
export function precisionRecallCurve({ predictions, missed }: LabelledPredictions): PrecisionRecallPoint[] {
  const gold = predictions.filter(({ right }) => right).length + missed.length;
  return cutsOf(predictions).map(({ threshold, kept, right }) => ({
    threshold,
    precision: right / kept,
    recall: gold === 0 ? 0 : right / gold,
  }));
}
