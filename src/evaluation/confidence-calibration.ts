// Confidences of single predictions (is this entity right?): their calibration error, and the temperature that makes them honest.
import type { CrossFittedCalibration, TemperatureFit } from "./calibration.ts";
import { requireSameLength, requireSome } from "./evaluation-error.ts";
import { type CalibrationError, DEFAULT_BINS, reliability, requireProbability } from "./reliability.ts";

/** Predictions whose confidence depends on a temperature, while the predictions themselves do not. */
export interface ScoredPredictions {
  /** Whether each prediction is right. */
  readonly correct: readonly boolean[];
  /** The probability of each prediction when the model's scores are divided by the temperature. */
  readonly confidencesAt: (temperature: number) => ArrayLike<number>;
}

/**
 * Expected calibration error of confidences that single predictions are right, over bins of equal width.
 *
 * @throws EvaluationError `evaluation/nothing-to-evaluate`, `evaluation/different-lengths`, `evaluation/bad-scores`.
 */
export function binaryCalibrationError(
  confidences: ArrayLike<number>,
  correct: ArrayLike<boolean>,
  binCount = DEFAULT_BINS,
): CalibrationError {
  return reliability("binaryCalibrationError", confidences, correct, binCount);
}

const MIN_TEMPERATURE = 0.05;
const MAX_TEMPERATURE = 20;
const GRID = 13; // half a unit of log T apart: the loss of a structured model need not have one minimum, the best point of the grid is refined
const TOLERANCE = 1e-3; // of log T: a thousandth of the temperature
const CLIP = 1e-12; // keeps the loss of a wrong prediction with confidence 1 finite
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/**
 * The temperature in [0.05, 20] that minimises the mean binary log loss of the confidences: a grid over log T, refined by golden section.
 *
 * @throws EvaluationError `evaluation/nothing-to-evaluate`, `evaluation/different-lengths`, `evaluation/bad-scores`.
 */
export function fitConfidenceTemperature({ correct, confidencesAt }: ScoredPredictions): TemperatureFit {
  requireSome("fitConfidenceTemperature", correct);
  const loss = (logTemperature: number) => binaryLogLoss(confidencesAt(Math.exp(logTemperature)), correct);
  const [bottom, top] = [Math.log(MIN_TEMPERATURE), Math.log(MAX_TEMPERATURE)];
  const step = (top - bottom) / (GRID - 1);
  const grid = Array.from({ length: GRID }, (_, i) => bottom + i * step);
  const losses = grid.map(loss);
  const best = losses.reduce((least, value, i) => (value < losses[least]! ? i : least), 0);
  let [low, high] = [Math.max(bottom, grid[best]! - step), Math.min(top, grid[best]! + step)];
  let [left, right] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
  let [leftLoss, rightLoss] = [loss(left), loss(right)];
  while (high - low > TOLERANCE) {
    if (leftLoss <= rightLoss) {
      [high, right, rightLoss] = [right, left, leftLoss];
      left = high - GOLDEN * (high - low);
      leftLoss = loss(left);
    } else {
      [low, left, leftLoss] = [left, right, rightLoss];
      right = low + GOLDEN * (high - low);
      rightLoss = loss(right);
    }
  }
  const found = (low + high) / 2;
  return {
    temperature: Math.exp(found),
    before: loss(0),
    after: loss(found),
    atBound: found - bottom < 2 * TOLERANCE || top - found < 2 * TOLERANCE,
  };
}

/**
 * Fits the temperature on both halves together, and measures it by cross-fitting: each half at the temperature of the other. Halves must not
 * share documents. Without any prediction the temperature is 1, with 0 instances to tell so.
 *
 * @throws EvaluationError as `fitConfidenceTemperature`.
 */
export function crossFittedConfidences(
  halves: readonly [ScoredPredictions, ScoredPredictions],
): CrossFittedCalibration {
  const [a, b] = [remembering(halves[0]), remembering(halves[1])];
  const both: ScoredPredictions = {
    correct: [...a.correct, ...b.correct],
    confidencesAt: (t) => [...Array.from(a.confidencesAt(t)), ...Array.from(b.confidencesAt(t))],
  };
  const instances = both.correct.length;
  if (instances === 0) return { temperature: 1, atBound: false, instances, expectedCalibrationError: null };
  const { temperature, atBound } = fitConfidenceTemperature(both);
  if (a.correct.length === 0 || b.correct.length === 0) {
    return { temperature, atBound, instances, expectedCalibrationError: null };
  }
  const crossed = [
    ...Array.from(a.confidencesAt(fitConfidenceTemperature(b).temperature)),
    ...Array.from(b.confidencesAt(fitConfidenceTemperature(a).temperature)),
  ];
  const expectedCalibrationError = {
    before: binaryCalibrationError(both.confidencesAt(1), both.correct).error,
    after: binaryCalibrationError(crossed, both.correct).error,
  };
  return { temperature, atBound, instances, expectedCalibrationError };
}

function binaryLogLoss(confidences: ArrayLike<number>, correct: readonly boolean[]): number {
  requireSameLength("fitConfidenceTemperature", correct, confidences);
  let sum = 0;
  for (const [i, right] of correct.entries()) {
    requireProbability("fitConfidenceTemperature", confidences[i]!, i);
    sum -= Math.log(Math.max(CLIP, right ? confidences[i]! : 1 - confidences[i]!));
  }
  return sum / correct.length;
}

/** The same predictions, each temperature computed once: fits on halves and on the whole share their grid. */
function remembering({ correct, confidencesAt }: ScoredPredictions): ScoredPredictions {
  const known = new Map<number, ArrayLike<number>>();
  return {
    correct,
    confidencesAt: (temperature) => {
      const before = known.get(temperature);
      if (before) return before;
      const confidences = confidencesAt(temperature);
      known.set(temperature, confidences);
      return confidences;
    },
  };
}
