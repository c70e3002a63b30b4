// Calibration of probabilities: the expected calibration error, and the temperature that calibrates them.
import { badScores, requireIndices, requireSome } from "./evaluation-error.ts";
import { type CalibrationError, DEFAULT_BINS, reliability, requireProbability } from "./reliability.ts";

/** Scores of all instances, row-major `[instances, classes]`: logits for the temperature, probabilities for the error. */
export interface ScoreMatrix {
  readonly data: ArrayLike<number>;
  readonly classes: number;
}

/**
 * Expected calibration error over bins of equal width; the confidence is the largest probability, the prediction is its class (the
 * first on a tie).
 *
 * @throws EvaluationError `evaluation/nothing-to-evaluate`, `evaluation/bad-scores`, `evaluation/bad-label-index`.
 */
export function calibrationError(
  probabilities: ScoreMatrix,
  gold: ArrayLike<number>,
  binCount = DEFAULT_BINS,
): CalibrationError {
  checkScores("probabilities", probabilities, gold);
  const { data, classes } = probabilities;
  const confidences = new Float64Array(gold.length);
  const correct: boolean[] = [];
  for (let i = 0; i < gold.length; i++) {
    let best = 0;
    for (let c = 1; c < classes; c++) if (data[i * classes + c]! > data[i * classes + best]!) best = c; // sizes were checked
    for (let c = 0; c < classes; c++) requireProbability("probabilities", data[i * classes + c]!, i);
    confidences[i] = data[i * classes + best]!;
    correct.push(best === gold[i]);
  }
  return reliability("probabilities", confidences, correct, binCount);
}

/** A fitted temperature (Guo et al., 2017). */
export interface TemperatureFit {
  /** Divisor for the logits. */
  readonly temperature: number;
  /** Mean negative log-likelihood in nats at temperature 1 and at the fitted one. */
  readonly before: number;
  readonly after: number;
  /** The optimum is outside [0.01, 100], for example because every prediction is right and any sharpening helps. */
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
  checkScores("scores", logits, gold);
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

/** Most probable classes, their probabilities, and the losses of the gold classes at a temperature. */
export interface ClassConfidences {
  readonly confidences: Float64Array;
  /** -log of the gold class's probability, in nats; bounded, so that one instance cannot dominate. */
  readonly losses: Float64Array;
}

const MAX_LOSS = -Math.log(1e-12);

/** @throws EvaluationError as `fitTemperature`. */
export function classConfidences(
  logits: ScoreMatrix,
  gold: ArrayLike<number>,
  temperature: number,
): ClassConfidences {
  checkScores("scores", logits, gold);
  const { data, classes } = logits;
  const [confidences, losses] = [new Float64Array(gold.length), new Float64Array(gold.length)];
  for (let i = 0; i < gold.length; i++) {
    let max = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < classes; c++) max = Math.max(max, data[i * classes + c]!); // sizes were checked
    let total = 0;
    for (let c = 0; c < classes; c++) total += Math.exp((data[i * classes + c]! - max) / temperature);
    confidences[i] = 1 / total;
    losses[i] = Math.min(MAX_LOSS, Math.log(total) + (max - data[i * classes + gold[i]!]!) / temperature);
  }
  return { confidences, losses };
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
      const z = Math.max(-Number.MAX_VALUE, data[row + c]! - max); // shifting all logits changes nothing and keeps exp in range
      const weight = Math.exp(b * z);
      normaliser += weight;
      weighted += weight * z;
    }
    const zGold = Math.max(-Number.MAX_VALUE, data[row + gold[i]!]! - max);
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
      `there are ${data.length} scores for ${gold.length} instances of ${classes} classes`,
      data.length,
    );
  }
  for (let i = 0; i < data.length; i++) {
    if (!Number.isFinite(data[i])) throw badScores(place, `score ${i} is ${data[i]}`, data[i]);
  }
}
