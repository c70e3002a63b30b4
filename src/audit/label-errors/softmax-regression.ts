// Multinomial logistic regression on a few features: turns scores into calibrated probabilities.

import { stream } from "../../training/random.ts";
import { softmaxInPlace } from "./class-suspicion.ts";

/** Rows with their classes. */
export interface LabelledRows {
  readonly rows: number;
  /** Length of a row's features. */
  readonly width: number;
  readonly classes: number;
  /** Writes the features of a row, `width` numbers. */
  write(row: number, into: Float32Array): void;
  classOf(row: number): number;
}

/** How to fit. */
export interface FitOptions {
  readonly seed: number;
  readonly epochs: number;
  /** Rows per step. */
  readonly batch?: number | undefined;
  /** Peak step of Adam (Kingma and Ba, 2015), which falls linearly to 0. */
  readonly learningRate?: number | undefined;
  /** Half the factor of the squared weights, divided by the number of rows, as in the loss of scikit-learn with C = 1 / penalty. */
  readonly penalty?: number | undefined;
}

/** A fitted model. */
export interface SoftmaxModel {
  /** Logits of a row's features, float64 [classes]. */
  logits(features: Float32Array): Float64Array;
}

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/**
 * Minimises the mean cross-entropy plus `penalty / (2 rows)` times the squared weights over standardised features; biases are free.
 * Deterministic for a seed. The work is rows x width x classes per epoch.
 */
export function fitSoftmax(
  data: LabelledRows,
  { seed, epochs, batch = 64, learningRate = 0.01, penalty = 1 }: FitOptions,
): SoftmaxModel {
  const { rows, width, classes } = data;
  const { mean, scale } = moments(data);
  const stride = width + 1; // the last column is the bias
  const weights = new Float64Array(classes * stride);
  const gradient = new Float64Array(weights.length);
  const first = new Float64Array(weights.length);
  const second = new Float64Array(weights.length);
  const features = new Float32Array(width);
  const scores = new Float64Array(classes);
  const steps = epochs * Math.ceil(rows / batch);
  let step = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = stream(seed, epoch, "softmax-regression").permutation(rows);
    for (let from = 0; from < rows; from += batch) {
      const to = Math.min(rows, from + batch);
      gradient.fill(0);
      for (let i = from; i < to; i++) {
        const row = order[i]!; // a permutation of the rows
        data.write(row, features);
        standardise(features, mean, scale);
        score(weights, stride, features, scores);
        softmaxInPlace(scores);
        scores[data.classOf(row)]! -= 1;
        addOuter(gradient, stride, scores, features, 1 / (to - from));
      }
      step++;
      const rate = learningRate * (1 - (step - 1) / steps);
      const [c1, c2] = [1 - BETA1 ** step, 1 - BETA2 ** step];
      for (let k = 0; k < weights.length; k++) {
        const shrinks = k % stride !== width;
        const g = gradient[k]! + (shrinks ? (penalty / rows) * weights[k]! : 0);
        first[k] = BETA1 * first[k]! + (1 - BETA1) * g;
        second[k] = BETA2 * second[k]! + (1 - BETA2) * g * g;
        weights[k]! -= (rate * (first[k]! / c1)) / (Math.sqrt(second[k]! / c2) + EPSILON);
      }
    }
  }
  return {
    logits(given) {
      const own = given.slice();
      standardise(own, mean, scale);
      const out = new Float64Array(classes);
      score(weights, stride, own, out);
      return out;
    },
  };
}

function moments({ rows, width, write }: LabelledRows): { mean: Float64Array; scale: Float64Array } {
  const mean = new Float64Array(width);
  const square = new Float64Array(width);
  const features = new Float32Array(width);
  for (let row = 0; row < rows; row++) {
    write(row, features);
    for (let i = 0; i < width; i++) {
      mean[i]! += features[i]! / rows;
      square[i]! += features[i]! ** 2 / rows;
    }
  }
  const scale = square.map((value, i) => {
    const variance = value - mean[i]! ** 2;
    return variance > 1e-12 ? 1 / Math.sqrt(variance) : 0; // a constant feature says nothing
  });
  return { mean, scale };
}

function standardise(features: Float32Array, mean: Float64Array, scale: Float64Array): void {
  for (let i = 0; i < features.length; i++) features[i] = (features[i]! - mean[i]!) * scale[i]!;
}

/** Four sums at a time: one alone would wait for every addition. */
function score(weights: Float64Array, stride: number, features: Float32Array, into: Float64Array): void {
  const width = features.length;
  const whole = width - (width % 4);
  for (let c = 0; c < into.length; c++) {
    const at = c * stride;
    let [a, b, d, e] = [weights[at + width]!, 0, 0, 0];
    for (let i = 0; i < whole; i += 4) {
      a += weights[at + i]! * features[i]!;
      b += weights[at + i + 1]! * features[i + 1]!;
      d += weights[at + i + 2]! * features[i + 2]!;
      e += weights[at + i + 3]! * features[i + 3]!;
    }
    for (let i = whole; i < width; i++) a += weights[at + i]! * features[i]!;
    into[c] = a + b + d + e;
  }
}

/** Smaller errors would not move a weight; most classes of a row have one. */
const NEGLIGIBLE = 1e-4;

function addOuter(
  into: Float64Array,
  stride: number,
  errors: Float64Array,
  features: Float32Array,
  factor: number,
): void {
  const width = features.length;
  for (let c = 0; c < errors.length; c++) {
    if (Math.abs(errors[c]!) < NEGLIGIBLE) continue;
    const error = errors[c]! * factor;
    const at = c * stride;
    for (let i = 0; i < width; i++) into[at + i]! += error * features[i]!;
    into[at + width]! += error;
  }
}
