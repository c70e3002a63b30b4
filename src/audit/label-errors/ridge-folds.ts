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

/** What does not depend on labels for one fold: the factor of the others' covariance, their mean and their number. */
interface Factor {
  readonly lower: Float64Array;
  readonly mean: Float64Array;
  readonly total: number;
}

/**
 * Sums over the rows of each fold, so that leaving one out costs a subtraction: linear in the rows, quadratic in the width (8 bytes per fold
 * and pair of features). They do not depend on labels, so other labels of the same rows cost little.
 */
export class RidgeFolds {
  readonly #data: Omit<FoldedRows, "classOf">;
  readonly #shrinkage: number;
  readonly #mean: Float64Array;
  readonly #scale: Float64Array;
  readonly #grams: readonly Float64Array[];
  /** [folds][width] */
  readonly #sums: readonly Float64Array[];
  readonly #counts: Float64Array;
  readonly #factors = new Map<number, Factor>();

  /**
   * @param shrinkage from 0 to below 1: with S the covariance of the features, the model uses (1 - shrinkage) S + shrinkage t I, with t the
   * mean of S's diagonal
   */
  constructor(data: Omit<FoldedRows, "classOf">, shrinkage: number) {
    const { folds, width, rows } = data;
    this.#data = data;
    this.#shrinkage = shrinkage;
    const perFold = (size: number) => Array.from({ length: folds }, () => new Float64Array(size));
    this.#grams = perFold(width * width);
    this.#sums = perFold(width);
    this.#counts = new Float64Array(folds);
    [this.#mean, this.#scale] = standards(data);
    const waiting = Array.from({ length: folds }, () => [] as Float64Array[]);
    const features = new Float32Array(width);
    for (let row = 0; row < rows; row++) {
      data.write(row, features);
      const own = this.#standardised(features);
      const fold = data.foldOf(row);
      addTo(this.#sums[fold]!, own);
      this.#counts[fold]!++;
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

  /** Whether other data has the same rows and features, as far as their numbers say. */
  fits({ rows, width, folds }: FoldedRows): boolean {
    return this.#data.rows === rows && this.#data.width === width && this.#data.folds === folds;
  }

  /**
   * Fits on the rows of all folds but `fold`: least squares on one-hot labels, whose values estimate the classes' probabilities.
   *
   * @param classOf the label of each row
   */
  without(fold: number, classes: number, classOf: (row: number) => number): LinearScores {
    const { rows, width, write, foldOf } = this.#data;
    const { lower, mean, total } = this.#factorWithout(fold);
    const weights = new Float64Array(classes * width);
    const counts = new Float64Array(classes);
    const features = new Float32Array(width);
    for (let row = 0; row < rows; row++) {
      if (foldOf(row) === fold) continue;
      write(row, features);
      const label = classOf(row);
      addTo(weights.subarray(label * width, (label + 1) * width), this.#standardised(features));
      counts[label]!++;
    }
    const biases = new Float64Array(classes);
    for (let c = 0; c < classes; c++) {
      const own = weights.subarray(c * width, (c + 1) * width);
      for (let i = 0; i < width; i++) own[i]! -= counts[c]! * mean[i]!;
      solve(lower, width, own);
      biases[c] = counts[c]! / total - dot(weights, c * width, mean);
    }
    return {
      score: (given, into) => {
        const own = this.#standardised(given);
        for (let c = 0; c < classes; c++) into[c] = biases[c]! + dot(weights, c * width, own);
      },
    };
  }

  #factorWithout(fold: number): Factor {
    const known = this.#factors.get(fold);
    if (known !== undefined) return known;
    const { folds, width } = this.#data;
    const lower = new Float64Array(width * width);
    const mean = new Float64Array(width);
    let total = 0;
    for (let other = 0; other < folds; other++) {
      if (other === fold) continue;
      addTo(lower, this.#grams[other]!);
      addTo(mean, this.#sums[other]!);
      total += this.#counts[other]!;
    }
    total = Math.max(1, total);
    for (let i = 0; i < width; i++) mean[i]! /= total;
    let trace = 0;
    for (let i = 0; i < width; i++) {
      for (let j = 0; j <= i; j++) lower[i * width + j]! -= total * mean[i]! * mean[j]!;
      trace += lower[i * width + i]!;
    }
    const sphere = trace > 0 ? (this.#shrinkage * trace) / width : 1; // without any variance, the weights are 0
    for (let i = 0; i < width; i++) {
      for (let j = 0; j <= i; j++) lower[i * width + j]! *= 1 - this.#shrinkage;
      lower[i * width + i]! += sphere;
    }
    factorise(lower, width);
    const factor = { lower, mean, total };
    this.#factors.set(fold, factor);
    return factor;
  }

  #standardised(features: Float32Array): Float64Array {
    return Float64Array.from(features, (value, i) => (value - this.#mean[i]!) * this.#scale[i]!);
  }
}

/** Mean and inverse deviation of each feature over all rows; they say nothing about labels. 0 for a constant feature. */
function standards({
  rows,
  width,
  write,
}: Omit<FoldedRows, "classOf">): [mean: Float64Array, scale: Float64Array] {
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
