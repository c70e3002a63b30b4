// Are probabilities what they say: expected calibration error, and the temperature that makes them so.
import { EvaluationError, requireIndices, requireSome } from "./evaluation-error.ts";

/** Scores of all instances, row-major `[instances, classes]`: logits for the temperature, probabilities for the error. */
export interface ScoreMatrix {
  readonly data: ArrayLike<number>;
  readonly classes: number;
}

export interface CalibrationBin {
  /** Confidences in (low, high]; the first bin includes 0. */
  readonly low: number;
  readonly high: number;
  readonly instances: number;
  /** Mean over the bin; 0 when it is empty. */
  readonly confidence: number;
  readonly accuracy: number;
}

export interface CalibrationError {
  /** sum over bins of |accuracy - confidence| * instances / all instances (Guo et al. 2017, eq. 3). */
  readonly error: number;
  /** The largest gap of a bin with instances. */
  readonly maximum: number;
  readonly bins: readonly CalibrationBin[];
}

const DEFAULT_BINS = 15; // as in Guo et al. 2017

/**
 * Expected calibration error over bins of equal width; the confidence is the largest probability, the prediction its class (the first
 * one on a tie).
 *
 * @throws EvaluationError `evaluation/nothing-to-evaluate`, `evaluation/bad-scores`, `evaluation/bad-label-index`.
 */
export function calibrationError(
  probabilities: ScoreMatrix,
  gold: ArrayLike<number>,
  binCount = DEFAULT_BINS,
): CalibrationError {
  checkScores("calibrationError", probabilities, gold);
  if (!Number.isSafeInteger(binCount) || binCount < 1) {
    throw badScores(
      "calibrationError",
      `the number of bins must be an integer above 0, got ${binCount}`,
      binCount,
    );
  }
  const sums = Array.from({ length: binCount }, () => ({ instances: 0, confidence: 0, correct: 0 }));
  const { data, classes } = probabilities;
  for (let i = 0; i < gold.length; i++) {
    let best = 0;
    for (let c = 0; c < classes; c++) {
      const p = data[i * classes + c]!; // sizes were checked
      if (p < 0 || p > 1 + 1e-6)
        throw badScores("calibrationError", `instance ${i} has a probability of ${p}`, p);
      if (p > data[i * classes + best]!) best = c;
    }
    const confidence = Math.min(1, data[i * classes + best]!);
    const bin = sums[Math.max(0, Math.ceil(confidence * binCount) - 1)]!; // confidence is in [0, 1]
    bin.instances++;
    bin.confidence += confidence;
    if (best === gold[i]) bin.correct++;
  }
  const bins = sums.map(({ instances, confidence, correct }, i): CalibrationBin => {
    const mean = (sum: number) => (instances === 0 ? 0 : sum / instances);
    const [low, high] = [i / binCount, (i + 1) / binCount];
    return { low, high, instances, confidence: mean(confidence), accuracy: mean(correct) };
  });
  const gaps = bins.map(({ accuracy, confidence }) => Math.abs(accuracy - confidence));
  return {
    error: bins.reduce((sum, { instances }, i) => sum + (gaps[i]! * instances) / gold.length, 0),
    maximum: Math.max(...gaps),
    bins,
  };
}

export interface TemperatureFit {
  /** Divide logits by it. */
  readonly temperature: number;
  /** Mean negative log-likelihood in nats at temperature 1 and at the fitted one. */
  readonly before: number;
  readonly after: number;
  /** The optimum lies outside [0.01, 100]: e.g. every prediction is right, and any sharpening helps. */
  readonly atBound: boolean;
}

const MIN_TEMPERATURE = 0.01;
const MAX_TEMPERATURE = 100;
const BISECTIONS = 60; // halves the range of 1/T down to the precision of a double

/**
 * The temperature T that minimises the mean negative log-likelihood of softmax(logits / T) (Guo et al. 2017, section 4.2).
 *
 * In b = 1/T the likelihood is convex, with slope mean(E_softmax(b z)[z] - z_gold), so bisection on the slope finds the optimum.
 *
 * @throws EvaluationError `evaluation/nothing-to-evaluate`, `evaluation/bad-scores`, `evaluation/bad-label-index`.
 */
export function fitTemperature(logits: ScoreMatrix, gold: ArrayLike<number>): TemperatureFit {
  checkScores("fitTemperature", logits, gold);
  const slope = (b: number) => likelihood(logits, gold, b).slope;
  let [low, high] = [1 / MAX_TEMPERATURE, 1 / MIN_TEMPERATURE];
  const atBound = slope(low) >= 0 || slope(high) <= 0;
  for (let i = 0; i < BISECTIONS; i++) {
    const middle = (low + high) / 2;
    if (slope(middle) < 0) low = middle;
    else high = middle;
  }
  const b = (low + high) / 2;
  return {
    temperature: 1 / b,
    before: likelihood(logits, gold, 1).loss,
    after: likelihood(logits, gold, b).loss,
    atBound,
  };
}

/** Mean negative log-likelihood of softmax(b logits) and its derivative in b. */
function likelihood({ data, classes }: ScoreMatrix, gold: ArrayLike<number>, b: number) {
  let [loss, slope] = [0, 0];
  for (let i = 0; i < gold.length; i++) {
    const row = i * classes;
    let max = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < classes; c++) max = Math.max(max, data[row + c]!); // sizes were checked
    let [normaliser, weighted] = [0, 0];
    for (let c = 0; c < classes; c++) {
      const z = data[row + c]! - max; // shifting all logits changes nothing and keeps exp in range
      const weight = Math.exp(b * z);
      normaliser += weight;
      weighted += weight * z;
    }
    const zGold = data[row + gold[i]!]! - max;
    loss += Math.log(normaliser) - b * zGold;
    slope += weighted / normaliser - zGold;
  }
  return { loss: loss / gold.length, slope: slope / gold.length };
}

function checkScores(place: string, { data, classes }: ScoreMatrix, gold: ArrayLike<number>): void {
  requireSome(place, gold);
  requireIndices(place, gold, classes);
  if (data.length !== gold.length * classes) {
    throw badScores(
      place,
      `${data.length} scores for ${gold.length} instances of ${classes} classes`,
      data.length,
    );
  }
  for (let i = 0; i < data.length; i++) {
    if (!Number.isFinite(data[i])) throw badScores(place, `score ${i} is ${data[i]}`, data[i]);
  }
}

function badScores(place: string, what: string, value: unknown): EvaluationError {
  return new EvaluationError({
    code: "evaluation/bad-scores",
    message: `${place}: ${what}`,
    place,
    value,
    remedy: "Give finite scores, [instances, classes] in row-major order.",
  });
}
