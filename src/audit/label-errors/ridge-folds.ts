// Ridge regression of labels on dense features, fitted on all folds but one at a time: one pass over the rows serves every fold.

/** Rows with their classes and folds; features are written on demand. Rows of one cluster of documents share a fold. */
export interface FoldedRows {
  readonly rows: number;
  /** Length of a row's features. */
  readonly width: number;
  readonly classes: number;
  readonly folds: number;
  /** Writes the features of a row, `width` numbers. */
  write(row: number, into: Float32Array): void;
  classOf(row: number): number;
  foldOf(row: number): number;
}

/** A fitted model. */
export interface LinearScores {
  /** Writes the score of each class, about its probability, to `into` [classes]. */
  score(features: Float32Array, into: Float32Array): void;
}

/**
 * Sums over the rows of each fold, so that leaving one out costs a subtraction: linear in the rows, quadratic in the width (8 bytes per fold
 * and pair of features).
 */
export class FoldMoments {
  readonly #data: FoldedRows;
  readonly #mean: Float64Array;
  readonly #scale: Float64Array;
  readonly #grams: readonly Float64Array[];
  /** [folds][classes, width] and [folds][classes] */
  readonly #sums: readonly Float64Array[];
  readonly #counts: readonly Float64Array[];

  constructor(data: FoldedRows) {
    const { folds, width, classes, rows } = data;
    this.#data = data;
    const perFold = (size: number) => Array.from({ length: folds }, () => new Float64Array(size));
    this.#grams = perFold(width * width);
    this.#sums = perFold(classes * width);
    this.#counts = perFold(classes);
    [this.#mean, this.#scale] = standards(data);
    const waiting = Array.from({ length: folds }, () => [] as Float64Array[]);
    const features = new Float32Array(width);
    for (let row = 0; row < rows; row++) {
      data.write(row, features);
      const own = this.#standardised(features);
      const fold = data.foldOf(row);
      const label = data.classOf(row);
      const sums = this.#sums[fold]!;
      for (let i = 0; i < width; i++) sums[label * width + i]! += own[i]!;
      this.#counts[fold]![label]!++;
      const block = waiting[fold]!;
      block.push(own);
      if (block.length === BLOCK) addBlock(this.#grams[fold]!, block.splice(0));
    }
    const zeros = new Float64Array(width);
    for (const [fold, block] of waiting.entries()) {
      if (block.length === 0) continue;
      while (block.length < BLOCK) block.push(zeros);
      addBlock(this.#grams[fold]!, block);
    }
  }

  /**
   * Fits on the rows of all folds but `fold`: least squares on one-hot labels, whose values estimate the classes' probabilities. With S the
   * covariance of the features, the model uses (1 - shrinkage) S + shrinkage t I, with t the mean of S's diagonal.
   */
  without(fold: number, shrinkage: number): LinearScores {
    const { folds, width, classes } = this.#data;
    const covariance = new Float64Array(width * width);
    const weights = new Float64Array(classes * width);
    const counts = new Float64Array(classes);
    for (let other = 0; other < folds; other++) {
      if (other === fold) continue;
      addTo(covariance, this.#grams[other]!);
      addTo(weights, this.#sums[other]!);
      addTo(counts, this.#counts[other]!);
    }
    const total = Math.max(
      1,
      counts.reduce((sum, count) => sum + count, 0),
    );
    const mean = new Float64Array(width);
    for (let k = 0; k < weights.length; k++) mean[k % width]! += weights[k]! / total;
    let trace = 0;
    for (let i = 0; i < width; i++) {
      for (let j = 0; j <= i; j++) covariance[i * width + j]! -= total * mean[i]! * mean[j]!;
      trace += covariance[i * width + i]!;
    }
    const sphere = trace > 0 ? (shrinkage * trace) / width : 1; // without any variance, the weights are 0
    for (let i = 0; i < width; i++) {
      for (let j = 0; j <= i; j++) covariance[i * width + j]! *= 1 - shrinkage;
      covariance[i * width + i]! += sphere;
    }
    factorise(covariance, width);
    const biases = new Float64Array(classes);
    for (let c = 0; c < classes; c++) {
      const own = weights.subarray(c * width, (c + 1) * width);
      for (let i = 0; i < width; i++) own[i]! -= counts[c]! * mean[i]!;
      solve(covariance, width, own);
      biases[c] = counts[c]! / total - dot(weights, c * width, mean);
    }
    return {
      score: (features, into) => {
        const own = this.#standardised(features);
        for (let c = 0; c < classes; c++) into[c] = biases[c]! + dot(weights, c * width, own);
      },
    };
  }

  #standardised(features: Float32Array): Float64Array {
    return Float64Array.from(features, (value, i) => (value - this.#mean[i]!) * this.#scale[i]!);
  }
}

/** Mean and inverse deviation of each feature over all rows; they say nothing about labels. 0 for a constant feature. */
function standards({ rows, width, write }: FoldedRows): [mean: Float64Array, scale: Float64Array] {
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
    return variance > SMALLEST_VARIANCE ? 1 / Math.sqrt(variance) : 0;
  });
  return [mean, scale];
}

/** Below it, a variance is rounding. */
const SMALLEST_VARIANCE = 1e-12;

/** Rows per pass over a Gram matrix: each of its numbers is then read and written once for four products. */
const BLOCK = 4;

/** Adds the outer products of four rows to the lower triangle. */
function addBlock(gram: Float64Array, [a, b, c, d]: readonly Float64Array[]): void {
  const width = a!.length;
  for (let i = 0; i < width; i++) {
    const [ai, bi, ci, di] = [a![i]!, b![i]!, c![i]!, d![i]!];
    const at = i * width;
    for (let j = 0; j <= i; j++) gram[at + j]! += ai * a![j]! + bi * b![j]! + ci * c![j]! + di * d![j]!;
  }
}

function addTo(into: Float64Array, from: Float64Array): void {
  for (let i = 0; i < into.length; i++) into[i]! += from[i]!;
}

/** Cholesky: replaces the lower triangle of a positive definite matrix by L with L Lᵀ equal to it. */
function factorise(matrix: Float64Array, width: number): void {
  for (let j = 0; j < width; j++) {
    for (let i = j; i < width; i++) {
      const value = matrix[i * width + j]! - dotRows(matrix, i * width, j * width, j);
      matrix[i * width + j] = i === j ? Math.sqrt(value) : value / matrix[j * width + j]!;
    }
  }
}

/** Solves L Lᵀ x = b in place. */
function solve(lower: Float64Array, width: number, x: Float64Array): void {
  for (let i = 0; i < width; i++) {
    let sum = x[i]!;
    for (let j = 0; j < i; j++) sum -= lower[i * width + j]! * x[j]!;
    x[i] = sum / lower[i * width + i]!;
  }
  for (let i = width - 1; i >= 0; i--) {
    const value = x[i]! / lower[i * width + i]!;
    x[i] = value;
    for (let j = 0; j < i; j++) x[j]! -= lower[i * width + j]! * value;
  }
}

/** Four sums at a time: one alone would wait for every addition. */
function dotRows(matrix: Float64Array, a: number, b: number, length: number): number {
  const whole = length - (length % 4);
  let [s, t, u, v] = [0, 0, 0, 0];
  for (let i = 0; i < whole; i += 4) {
    s += matrix[a + i]! * matrix[b + i]!;
    t += matrix[a + i + 1]! * matrix[b + i + 1]!;
    u += matrix[a + i + 2]! * matrix[b + i + 2]!;
    v += matrix[a + i + 3]! * matrix[b + i + 3]!;
  }
  for (let i = whole; i < length; i++) s += matrix[a + i]! * matrix[b + i]!;
  return s + t + u + v;
}

function dot(weights: Float64Array, at: number, features: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < features.length; i++) sum += weights[at + i]! * features[i]!;
  return sum;
}
