// Compares confidences with outcomes in bins: the expected calibration error for confidences of any kind.
import { badScores, requireSameLength, requireSome } from "./evaluation-error.ts";

/** One bar of a reliability diagram. */
export interface CalibrationBin {
  /** Confidences in (low, high]; the first bin includes 0. */
  readonly low: number;
  readonly high: number;
  readonly instances: number;
  /** Mean over the bin; 0 if it is empty. */
  readonly confidence: number;
  readonly accuracy: number;
}

/** The calibration error and its bins. */
export interface CalibrationError {
  /** sum over bins of |accuracy - confidence| * instances / all instances (Guo et al. 2017, eq. 3). */
  readonly error: number;
  /** The largest gap of a bin with instances. */
  readonly maximum: number;
  readonly bins: readonly CalibrationBin[];
}

export const DEFAULT_BINS = 15; // as in Guo et al. 2017
const ROUNDING = 1e-6; // a float32 softmax may exceed 1 by this much

/**
 * Expected calibration error over bins of equal width: `confidences[i]` is the probability given to prediction i, `correct[i]` whether it is
 * right.
 *
 * @throws EvaluationError `evaluation/nothing-to-evaluate`, `evaluation/different-lengths`, `evaluation/bad-scores`.
 */
export function reliability(
  place: string,
  confidences: ArrayLike<number>,
  correct: ArrayLike<boolean>,
  binCount: number,
): CalibrationError {
  requireSome(place, correct);
  requireSameLength(place, correct, confidences);
  if (!Number.isSafeInteger(binCount) || binCount < 1) {
    throw badScores(place, `the number of bins must be an integer above 0, got ${binCount}`, binCount);
  }
  const sums = Array.from({ length: binCount }, () => ({ instances: 0, confidence: 0, correct: 0 }));
  for (let i = 0; i < correct.length; i++) {
    requireProbability(place, confidences[i]!, i);
    const confidence = Math.min(1, confidences[i]!);
    const bin = sums[binUpTo(confidence, binCount)]!; // confidence is in [0, 1]
    bin.instances++;
    bin.confidence += confidence;
    if (correct[i]) bin.correct++;
  }
  const bins = sums.map(({ instances, confidence, correct }, i): CalibrationBin => {
    const mean = (sum: number) => (instances === 0 ? 0 : sum / instances);
    const [low, high] = [i / binCount, (i + 1) / binCount];
    return { low, high, instances, confidence: mean(confidence), accuracy: mean(correct) };
  });
  const gaps = bins.map(({ accuracy, confidence }) => Math.abs(accuracy - confidence));
  return {
    error: bins.reduce((sum, { instances }, i) => sum + (gaps[i]! * instances) / correct.length, 0),
    maximum: gaps.reduce((a, b) => Math.max(a, b)),
    bins,
  };
}

/** Index i of the bin (i / count, (i + 1) / count] for a confidence; the first includes 0. Corrects the rounding of the product at edges. */
function binUpTo(confidence: number, count: number): number {
  const bin = Math.min(count - 1, Math.max(0, Math.ceil(confidence * count) - 1));
  if (bin > 0 && confidence <= bin / count) return bin - 1;
  return bin < count - 1 && confidence > (bin + 1) / count ? bin + 1 : bin;
}

/** Requires a probability. @throws EvaluationError `evaluation/bad-scores`. */
export function requireProbability(place: string, p: number, instance: number): void {
  if (p >= 0 && p <= 1 + ROUNDING) return;
  throw badScores(place, `instance ${instance} has a probability of ${p}`, p);
}
