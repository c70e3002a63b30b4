// How many labels can be wrong, from the scores of the given labels and of labels that are wrong for certain.

import { quantile } from "../../base/statistics.ts";
import { clusterSampler } from "../../evaluation/cluster-sampler.ts";
import { seededIndex } from "../../evaluation/seeded-random.ts";

/** The scores of labels as given, and of labels that are wrong for certain. Larger is more suspicious. */
export interface BoundRows {
  readonly scores: ArrayLike<number>;
  /** -Infinity for an error that no score would show. There may be more or fewer of them than scores. */
  readonly wrong: ArrayLike<number>;
  /** A number per score, equal for rows that depend on each other. */
  readonly clusters: ArrayLike<number>;
}

/** At most how many labels are wrong. */
export interface ErrorBound {
  readonly count: number;
  /** 95 % interval of the count. */
  readonly interval: readonly [low: number, high: number];
  /** Share of the wrong labels put in that are as suspicious as the `count` most suspicious labels. */
  readonly found: number;
}

const SAMPLES = 200; // enough for the first digit of a bound
const SEED = 1;

/** Thresholds are scores that at least this many rows reach: fewer make a ratio of luck. */
const FEWEST = 20;

/**
 * An upper bound of the number of wrong labels. Of those above a threshold, all may be wrong, and a share of all wrong ones is there, which is
 * that of the labels put in. So their ratio is at least the number of wrong labels, at every threshold; the lowest is the bound (the estimator
 * of the proportion of a mixture of Blanchard, Lee and Scott, 2010). It holds if wrong labels are as suspicious as those put in, and is too
 * high by the right labels that look wrong everywhere.
 */
export function boundErrors({ scores, wrong, clusters }: BoundRows): ErrorBound {
  const rows = scores.length;
  if (rows === 0 || wrong.length === 0) return { count: 0, interval: [0, 0], found: 0 };
  const put = Float64Array.from(wrong).sort().reverse();
  const whole = lowestRatio(Float64Array.from(scores), put);
  const sampler = clusterSampler(rows, clusters);
  const random = seededIndex(SEED);
  const drawn = Float64Array.from({ length: SAMPLES }, () => {
    const own = Float64Array.from(sampler.draw(random), (i) => scores[i]!);
    return (lowestRatio(own, put) * rows) / Math.max(1, own.length);
  }).sort();
  const ranked = Float64Array.from(scores).sort();
  const threshold = ranked[Math.max(0, rows - Math.max(1, Math.round(whole)))]!;
  const reaching = put.filter((score) => score >= threshold).length;
  return {
    count: whole,
    interval: [quantile(drawn, 0.025), quantile(drawn, 0.975)],
    found: reaching / put.length,
  };
}

/**
 * The lowest ratio of the number of scores at or above a threshold to the share of wrong labels there.
 *
 * @param put the scores of wrong labels, highest first
 */
function lowestRatio(scores: Float64Array, put: Float64Array): number {
  const given = scores.slice().sort().reverse();
  let lowest = given.length;
  let reached = 0;
  for (let above = 1; above <= given.length; above++) {
    const threshold = given[above - 1]!;
    while (reached < put.length && put[reached]! >= threshold) reached++;
    if (above < FEWEST || given[above] === threshold) continue; // ties belong together
    if (reached > 0) lowest = Math.min(lowest, (mostExpected(above) * put.length) / reached);
  }
  return lowest;
}

/**
 * The largest mean of a Poisson count that is not more than a standard deviation above a count: m - sqrt(m) = count. The lowest of many ratios
 * is a lucky one, and without it the bound would be too low.
 */
const mostExpected = (count: number): number => ((1 + Math.sqrt(1 + 4 * count)) / 2) ** 2;
