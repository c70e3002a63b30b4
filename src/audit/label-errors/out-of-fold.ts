// Scores every row with a model that was fitted on the other folds, and calibrates each fold's scores on the others.

import { fitTemperature } from "../../evaluation/calibration.ts";
import { fitSoftmax, type LabelledRows } from "./softmax-regression.ts";

/** Rows with the fold that each is in: rows of one cluster of documents share a fold. */
export interface FoldedRows extends LabelledRows {
  readonly folds: number;
  foldOf(row: number): number;
}

/** How the models are fitted. */
export interface OutOfFoldOptions {
  readonly seed: number;
  readonly epochs: number;
  readonly penalty?: number | undefined;
  readonly learningRate?: number | undefined;
  /** Scores of a fold that an earlier call kept: float32 [rows of the fold, classes], in the order of the rows. */
  readonly kept?: ((fold: number) => Promise<Float32Array | undefined>) | undefined;
  readonly keep?: ((fold: number, logits: Float32Array) => Promise<void>) | undefined;
  readonly onFold?: ((done: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Out-of-fold logits, float32 [rows, classes], before calibration. */
export async function outOfFoldLogits(data: FoldedRows, options: OutOfFoldOptions): Promise<Float32Array> {
  const { classes, width, folds } = data;
  const all = new Float32Array(data.rows * classes);
  const byFold: number[][] = Array.from({ length: folds }, () => []);
  for (let row = 0; row < data.rows; row++) byFold[data.foldOf(row)]!.push(row);
  for (const [fold, own] of byFold.entries()) {
    options.signal?.throwIfAborted();
    let logits = await options.kept?.(fold);
    if (logits === undefined) {
      logits = scoreFold(data, own, byFold.filter((_, other) => other !== fold).flat(), options);
      await options.keep?.(fold, logits);
    }
    for (const [i, row] of own.entries()) {
      all.set(logits.subarray(i * classes, (i + 1) * classes), row * classes);
    }
    options.onFold?.(fold + 1);
    await new Promise((resolve) => setImmediate(resolve)); // lets signals and progress through
  }
  return all;

  function scoreFold(
    { write, classOf }: FoldedRows,
    own: readonly number[],
    others: readonly number[],
    { seed, epochs, penalty, learningRate }: OutOfFoldOptions,
  ): Float32Array {
    const model = fitSoftmax(
      {
        rows: others.length,
        width,
        classes,
        write: (i, into) => write(others[i]!, into),
        classOf: (i) => classOf(others[i]!),
      },
      { seed, epochs, penalty, learningRate },
    );
    const logits = new Float32Array(own.length * classes);
    const features = new Float32Array(width);
    for (const [i, row] of own.entries()) {
      write(row, features);
      logits.set(model.logits(features), i * classes);
    }
    return logits;
  }
}

/**
 * A temperature for each fold, fitted on the other folds' out-of-fold scores and labels (cross-fitting), so that no label calibrates its own
 * probability. 1 for a fold whose others have no rows.
 */
export function crossFittedTemperatures(data: FoldedRows, logits: Float32Array): number[] {
  const { classes } = data;
  return Array.from({ length: data.folds }, (_, fold) => {
    const others: number[] = [];
    for (let row = 0; row < data.rows; row++) if (data.foldOf(row) !== fold) others.push(row);
    if (others.length === 0) return 1;
    const scores = new Float32Array(others.length * classes);
    for (const [i, row] of others.entries()) {
      scores.set(logits.subarray(row * classes, (row + 1) * classes), i * classes);
    }
    const gold = others.map((row) => data.classOf(row));
    return fitTemperature({ data: scores, classes }, gold).temperature;
  });
}
