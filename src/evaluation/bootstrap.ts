// The paired bootstrap: tests whether system B is better than system A on a test set, or whether the difference could be chance.

import { quantile } from "../base/statistics.ts";
import { clusterSampler } from "./cluster-sampler.ts";
import { EvaluationError, requireIndices, requireSameLength, requireSome } from "./evaluation-error.ts";
import { seededIndex } from "./seeded-random.ts";

/** Number and seed of the resampled test sets. */
export interface BootstrapOptions {
  readonly seed: number;
  /** Number of resamples. */
  readonly samples?: number | undefined;
  /** Confidence level of the interval, e.g. 0.95. */
  readonly confidence?: number | undefined;
  /**
   * A number per instance, equal for instances that are drawn together because they depend on each other: rows with the same text or picture
   * (`documentClusters`). Absent: each instance is drawn by itself, and dependent ones make intervals and p-values too small.
   */
  readonly clusters?: ArrayLike<number> | undefined;
}

/** The metric of systems a and b, and the significance of their difference. */
export interface BootstrapResult {
  readonly a: number;
  readonly b: number;
  /** b - a on the whole test set. */
  readonly difference: number;
  /** Percentile interval of the difference. */
  readonly interval: readonly [low: number, high: number];
  /** Two-sided. */
  readonly pValue: number;
  /** Number of clusters that each resample draws: of instances, without `clusters`. */
  readonly clusters: number;
  readonly samples: number;
  readonly confidence: number;
  readonly seed: number;
}

/** A metric of a resample: instance indices, some repeated; with clusters of unequal size, resamples differ in length. */
export type Statistic = (indices: Uint32Array) => number;

const DEFAULT_SAMPLES = 10_000; // the standard error of a p-value of 0.05 is then 0.002

/**
 * Draws instances, or clusters of them, with replacement, the same for both systems, and computes the metric of both each time.
 *
 * With d the difference on the whole set and d* that of a resample, the interval is between the lower and upper (1 - confidence) / 2
 * quantiles of d* (linear interpolation), and p = (1 + #{|d* - d| >= |d|}) / (1 + samples): how often resampling alone causes a
 * difference as large (Efron and Tibshirani 1993, section 16; Berg-Kirkpatrick et al. 2012).
 *
 * @param size number of instances.
 * @throws EvaluationError `evaluation/bad-bootstrap`, `evaluation/different-lengths` for the clusters, `evaluation/not-a-number`.
 * @example
 * import { pairedBootstrap } from "relata/evaluation";
 *
 * const right = { a: [1, 0, 0, 1], b: [1, 1, 1, 1] };
 * const accuracy = (of: readonly number[]) => (drawn: Uint32Array) =>
 *   drawn.reduce((sum, i) => sum + of[i]!, 0) / drawn.length;
 * // The first two instances are of one text.
 * const { difference, interval } = pairedBootstrap(4, accuracy(right.a), accuracy(right.b), { seed: 1, clusters: [0, 0, 1, 2] });
 */
export function pairedBootstrap(
  size: number,
  a: Statistic,
  b: Statistic,
  options: BootstrapOptions,
): BootstrapResult {
  const { seed, samples = DEFAULT_SAMPLES, confidence = 0.95, clusters } = options;
  requireOption("size", size, Number.isSafeInteger(size) && size > 0 && size < 2 ** 32, "an integer above 0");
  requireOption("samples", samples, Number.isSafeInteger(samples) && samples > 0, "an integer above 0");
  requireOption("confidence", confidence, confidence > 0 && confidence < 1, "between 0 and 1");
  requireOption("seed", seed, Number.isSafeInteger(seed), "an integer");

  if (clusters !== undefined) requireSameLength("clusters", { length: size }, clusters);

  const whole = Uint32Array.from({ length: size }, (_, i) => i);
  const [wholeA, wholeB] = [finite("a", a(whole)), finite("b", b(whole))];
  const difference = finite("b - a", wholeB - wholeA);
  const random = seededIndex(seed);
  const differences = new Float64Array(samples);
  const sampler = clusterSampler(size, clusters);
  let asLarge = 0;
  for (let s = 0; s < samples; s++) {
    const drawn = sampler.draw(random);
    const moved = finite("b - a", finite("b", b(drawn)) - finite("a", a(drawn)));
    differences[s] = moved;
    // Values equal up to rounding count as equal: metrics of a finite set tie often.
    if (Math.abs(moved - difference) >= Math.abs(difference) * (1 - 1e-12)) asLarge++;
  }
  differences.sort();
  const tail = (1 - confidence) / 2;
  return {
    a: wholeA,
    b: wholeB,
    difference,
    interval: [quantile(differences, tail), quantile(differences, 1 - tail)],
    pValue: (1 + asLarge) / (1 + samples),
    clusters: sampler.clusters,
    samples,
    confidence,
    seed,
  };
}

/**
 * The paired bootstrap of two systems' micro F1 without the "None" label (`noneIndex`; undefined if the set has none).
 *
 * @throws EvaluationError as `pairedBootstrap`, and `evaluation/different-lengths`, `evaluation/nothing-to-evaluate`.
 */
export function pairedBootstrapMicroF1(
  gold: ArrayLike<number>,
  predicted: { readonly a: ArrayLike<number>; readonly b: ArrayLike<number> },
  noneIndex: number | undefined,
  options: BootstrapOptions,
): BootstrapResult {
  requireSome("gold labels", gold);
  for (const [name, system] of Object.entries(predicted) as [string, ArrayLike<number>][]) {
    requireSameLength(`predictions ${name}`, gold, system);
    requireIndices(`predictions ${name}`, system, Number.POSITIVE_INFINITY);
  }
  requireIndices("gold labels", gold, Number.POSITIVE_INFINITY);
  const { a, b } = predicted;
  return pairedBootstrap(gold.length, microF1(gold, a, noneIndex), microF1(gold, b, noneIndex), options);
}

/** F1 = 2 tp / (predicted + gold), without "None"; an instance adds 0 or 2 to the numerator and 0, 1 or 2 to the denominator. */
function microF1(
  gold: ArrayLike<number>,
  predicted: ArrayLike<number>,
  noneIndex: number | undefined,
): Statistic {
  const above = new Uint8Array(gold.length);
  const below = new Uint8Array(gold.length);
  for (let i = 0; i < gold.length; i++) {
    const [isGold, isPredicted] = [gold[i] !== noneIndex, predicted[i] !== noneIndex];
    below[i] = Number(isGold) + Number(isPredicted);
    above[i] = isGold && gold[i] === predicted[i] ? 2 : 0;
  }
  return pooledRatio(above, below);
}

/** The ratio of two sums over the drawn instances, 0 if the second is 0: F1 from 2 tp and predicted + gold of each instance. */
export function pooledRatio(above: ArrayLike<number>, below: ArrayLike<number>): Statistic {
  return (indices) => {
    let [numerator, denominator] = [0, 0];
    for (let i = 0; i < indices.length; i++) {
      numerator += above[indices[i]!]!; // resampled indices are instances
      denominator += below[indices[i]!]!;
    }
    return denominator === 0 ? 0 : numerator / denominator;
  };
}

function finite(name: string, value: number): number {
  if (Number.isFinite(value)) return value;
  throw new EvaluationError({
    code: "evaluation/not-a-number",
    message: `the statistic of ${name} is ${value}`,
    value,
    remedy: "Give a statistic that is defined on every resample.",
  });
}

function requireOption(name: string, value: number, holds: boolean, wanted: string): void {
  if (holds) return;
  throw new EvaluationError({
    code: "evaluation/bad-bootstrap",
    message: `${name} must be ${wanted}, got ${value}`,
    value,
    remedy: `Set ${name} to ${wanted}.`,
  });
}
