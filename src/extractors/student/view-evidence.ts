// What views add to the log-probabilities without them, and scores that move further or less far with them.
import { trusted } from "../../evaluation/fit-trust.ts";

/** Log-probabilities of examples without their views, and what the views add to each: one row per example. */
export interface ViewEvidence {
  readonly without: readonly Float32Array[];
  readonly evidence: readonly Float32Array[];
}

/** Returns log softmax(scores). */
export function logProbabilities(scores: ArrayLike<number>): Float32Array {
  const values = Array.from(scores);
  const highest = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const total = Math.log(values.reduce((sum, score) => sum + Math.exp(score - highest), 0)) + highest;
  return Float32Array.from(values, (score) => score - total);
}

/** What views add to a row of scores without them, in log-probabilities; zeros if nothing was shown (`withViews` undefined). */
export function evidenceOf(withViews: Float32Array | undefined, without: Float32Array): Float32Array {
  const before = logProbabilities(without);
  if (withViews === undefined) return new Float32Array(before.length);
  return logProbabilities(withViews).map((score, label) => score - before[label]!);
}

/** Trust at each view of a row that scores every view separately and, in its last part, none. */
export function trustedEach(row: Float32Array, relations: number, trust: number): Float32Array {
  const last = row.subarray(row.length - relations);
  const before = logProbabilities(last);
  const result = new Float32Array(row.length);
  for (let at = 0; at < row.length; at += relations) {
    result.set(trusted(before, evidenceOf(row.subarray(at, at + relations), last), trust), at);
  }
  return result;
}
