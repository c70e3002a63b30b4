// Confidences of single predictions (is this entity right?): their calibration error, and the temperature that calibrates them.
import type { TemperatureFit } from "./calibration.ts";
import { requireSameLength, requireSome } from "./evaluation-error.ts";
import { type CalibrationError, DEFAULT_BINS, reliability, requireProbability } from "./reliability.ts";
import { searchTemperature } from "./temperature-search.ts";

/** Predictions whose confidence depends on a temperature, while the predictions themselves do not. */
export interface ScoredPredictions {
  /** Whether each prediction is right. */
  readonly correct: readonly boolean[];
  /** The probability of each prediction after dividing the model's scores by the temperature. */
  readonly confidencesAt: (temperature: number) => ArrayLike<number>;
}

/**
 * Expected calibration error of the confidences of single predictions, over bins of equal width.
 *
 * @throws EvaluationError `evaluation/nothing-to-evaluate`, `evaluation/different-lengths`, `evaluation/bad-scores`.
 */
export function binaryCalibrationError(
  confidences: ArrayLike<number>,
  correct: ArrayLike<boolean>,
  binCount = DEFAULT_BINS,
): CalibrationError {
  return reliability("confidences", confidences, correct, binCount);
}

const CLIP = 1e-12; // keeps the loss of a wrong prediction with confidence 1 finite

/**
 * The temperature in [0.05, 20] that minimises the mean binary log loss of the confidences: a grid over log T, refined by golden section.
 *
 * @throws EvaluationError `evaluation/nothing-to-evaluate`, `evaluation/different-lengths`, `evaluation/bad-scores`.
 */
export function fitConfidenceTemperature({ correct, confidencesAt }: ScoredPredictions): TemperatureFit {
  requireSome("confidences", correct);
  const loss = (temperature: number) => meanOf(binaryLosses(confidencesAt(temperature), correct));
  const found = searchTemperature(loss);
  return { ...found, before: loss(1), after: loss(found.temperature) };
}

/** Binary log losses of the confidences of predictions, in nats. @throws EvaluationError as `fitConfidenceTemperature`. */
export function binaryLosses(confidences: ArrayLike<number>, correct: readonly boolean[]): number[] {
  requireSameLength("confidences", correct, confidences);
  return correct.map((right, i) => {
    requireProbability("confidences", confidences[i]!, i);
    return -Math.log(Math.max(CLIP, right ? confidences[i]! : 1 - confidences[i]!));
  });
}

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
