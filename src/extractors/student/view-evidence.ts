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

/**
 * Trusted scores with every view separately and, in the last part, with none. The rows are scores of one example: their first part counts
 * of `without` and `bare`, which show nothing that could be separated, and all but the last of `withViews`.
 */
export function trustedEach(
  without: Float32Array,
  withViews: Float32Array | undefined,
  bare: Float32Array,
  { relations, trust }: { readonly relations: number; readonly trust: number },
): Float32Array {
  const before = logProbabilities(without.subarray(0, relations));
  const compared = bare.subarray(0, relations);
  const views = (withViews?.length ?? relations) - relations;
  const result = new Float32Array(views + relations);
  for (let at = 0; at < views; at += relations) {
    result.set(trusted(before, evidenceOf(withViews?.subarray(at, at + relations), compared), trust), at);
  }
  result.set(before, views);
  return result;
}
