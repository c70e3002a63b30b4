// Centres embeddings on their mean: encoders put all texts into one narrow cone, in which every cosine is near 1.

import { notANumber } from "./eigenvalues.ts";

/** Below this share of the vectors' squared length, what is left after centring is rounding. */
const LEAST_VARIANCE = 1e-9;

/** A mean direction to subtract. */
export interface Centre {
  /** The mean of vectors of length 1. */
  readonly mean: Float64Array;
  /** Number of vectors. */
  readonly count: number;
  /** Mean squared distance from the mean, from 0 (all have one direction) to 1. */
  readonly variance: number;
}

/** Collects vectors of one width. */
export class CentreOf {
  #sum: Float64Array | undefined;
  #count = 0;

  /** Adds a vector, scaled to length 1; a zero vector adds nothing. */
  add(vector: Float32Array): void {
    const length = lengthOf(vector);
    if (length === 0) return;
    this.#sum ??= new Float64Array(vector.length);
    for (let i = 0; i < vector.length; i++) this.#sum[i]! += vector[i]! / length;
    this.#count++;
  }

  /** Undefined without vectors, or if all have one direction: nothing is left of them after centring. */
  centre(): Centre | undefined {
    const [sum, count] = [this.#sum, this.#count];
    if (sum === undefined) return undefined;
    const mean = sum.map((value) => value / count);
    const variance = 1 - mean.reduce((total, value) => total + value * value, 0); // E|x|^2 = 1
    return variance > LEAST_VARIANCE ? { mean, count, variance } : undefined;
  }
}

/** The vector at length 1 less the mean; undefined centre: unchanged. */
export function centred(vector: Float32Array, centre: Centre | undefined): Float32Array {
  if (centre === undefined) return vector;
  const length = lengthOf(vector);
  if (length === 0) return vector;
  return vector.map((value, i) => value / length - centre.mean[i]!);
}

function lengthOf(vector: Float32Array): number {
  let squares = 0;
  for (const value of vector) squares += value * value;
  if (!Number.isFinite(squares)) throw notANumber("an embedding");
  return Math.sqrt(squares);
}
