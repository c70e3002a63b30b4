// Scores every row with a model that was fitted on the other folds, and calibrates each fold's scores on the others.

import { softmaxInPlace } from "./class-suspicion.ts";
import { type FoldedRows, RidgeFolds } from "./ridge-folds.ts";
import { fitSoftmax } from "./softmax-regression.ts";

/** Sums that other labels of the same rows can use. */
export interface KeptSums {
  ridge?: RidgeFolds | undefined;
}

/** How the models are fitted. */
export interface OutOfFoldOptions {
  /** From 0 to 1: how much of the covariance is replaced by a sphere. */
  readonly shrinkage: number;
  /** Sums of earlier labels of the same rows, which are used, or replaced by those of these rows. */
  readonly sums?: KeptSums | undefined;
  /** Scores of a fold that an earlier call kept: float32 [rows of the fold, classes], in the order of the rows. */
  readonly kept?: ((fold: number) => Promise<Float32Array | undefined>) | undefined;
  readonly keep?: ((fold: number, scores: Float32Array) => Promise<void>) | undefined;
  readonly onFold?: ((done: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Out-of-fold scores, float32 [rows, classes], before calibration. */
export async function outOfFoldScores(data: FoldedRows, options: OutOfFoldOptions): Promise<Float32Array> {
  const { classes, width, folds } = data;
  const all = new Float32Array(data.rows * classes);
  const byFold: number[][] = Array.from({ length: folds }, () => []);
  for (let row = 0; row < data.rows; row++) byFold[data.foldOf(row)]!.push(row);
  const sums = options.sums ?? {};
  for (const [fold, own] of byFold.entries()) {
    options.signal?.throwIfAborted();
    let scores = await options.kept?.(fold);
    if (scores === undefined) {
      if (sums.ridge?.fits(data) !== true) sums.ridge = new RidgeFolds(data, options.shrinkage);
      const model = sums.ridge.without(fold, classes, data.classOf);
      scores = new Float32Array(own.length * classes);
      const features = new Float32Array(width);
      for (const [i, row] of own.entries()) {
        data.write(row, features);
        model.score(features, scores.subarray(i * classes, (i + 1) * classes));
      }
      await options.keep?.(fold, scores);
    }
    for (const [i, row] of own.entries()) {
      all.set(scores.subarray(i * classes, (i + 1) * classes), row * classes);
    }
    options.onFold?.(fold + 1);
    await new Promise((resolve) => setImmediate(resolve)); // lets signals and progress through
  }
  return all;
}

/**
 * Probabilities, float64 [rows, classes], from out-of-fold scores: each fold's scores go through a logistic regression that was fitted on the
 * other folds' scores and labels (cross-fitting), so that no label calibrates its own probability.
 */
export function crossFittedProbabilities(data: FoldedRows, scores: Float32Array, seed: number): Float64Array {
  const { classes } = data;
  const probabilities = new Float64Array(data.rows * classes);
  for (let fold = 0; fold < data.folds; fold++) {
    const others: number[] = [];
    for (let row = 0; row < data.rows; row++) if (data.foldOf(row) !== fold) others.push(row);
    const of = (row: number) => scores.subarray(row * classes, (row + 1) * classes);
    const model = fitSoftmax(
      {
        rows: others.length,
        width: classes,
        classes,
        write: (i, into) => into.set(of(others[i]!)),
        classOf: (i) => data.classOf(others[i]!),
      },
      {
        seed,
        epochs: Math.ceil(CALIBRATION_STEPS / Math.max(1, others.length / CALIBRATION_BATCH)),
        batch: CALIBRATION_BATCH,
        learningRate: 0.05,
      },
    );
    for (let row = 0; row < data.rows; row++) {
      if (data.foldOf(row) !== fold) continue;
      const own = model.logits(of(row).slice());
      softmaxInPlace(own);
      probabilities.set(own, row * classes);
    }
  }
  return probabilities;
}

/** Enough for a few hundred weights to settle, whatever the number of rows. */
const CALIBRATION_STEPS = 1500;
const CALIBRATION_BATCH = 64;
