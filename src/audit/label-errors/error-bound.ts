// How many labels can be wrong, from the scores of the given labels and of labels that are wrong for certain.

import { quantile } from "../../base/statistics.ts";
import { clusterSampler } from "../../evaluation/cluster-sampler.ts";
import { seededIndex } from "../../evaluation/seeded-random.ts";

/** The scores of labels as given that look wrong in one way, and of labels that are wrong in this way for certain. Larger is more suspicious. */
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
}

const SAMPLES = 200; // enough for the first digit of a bound
const SEED = 1;

/** Thresholds are scores that at least this many rows reach: fewer make a ratio of luck. */
const FEWEST = 20;

/**
 * An upper bound of the number of wrong labels, summed over the ways in which they can be wrong. Of those above a threshold, all may be wrong,
 * and a share of all wrong ones is there, which is that of the labels put in. So their ratio is at least the number of wrong labels, at every
 * threshold; the lowest is the bound (the estimator of the proportion of a mixture of Blanchard, Lee and Scott, 2010). It holds if wrong labels
 * are as suspicious as those put in, and is too high by the right labels that look wrong everywhere.
 */
export function boundErrors(ways: readonly BoundRows[]): ErrorBound {
  const sides = ways
    .filter(({ scores, wrong }) => scores.length > 0 && wrong.length > 0)
    .map(({ scores, wrong, clusters }) => ({
      scores: Float64Array.from(scores),
      put: Float64Array.from(wrong).sort().reverse(),
      sampler: clusterSampler(scores.length, clusters),
    }));
  const random = seededIndex(SEED);
  const drawn = Float64Array.from({ length: SAMPLES }, () =>
    sum(
      sides.map(({ scores, put, sampler }) => {
        const own = Float64Array.from(sampler.draw(random), (i) => scores[i]!);
        return (lowestRatio(own, put) * scores.length) / Math.max(1, own.length);
      }),
    ),
  ).sort();
  return {
    count: sum(sides.map(({ scores, put }) => lowestRatio(scores, put))),
    interval: [quantile(drawn, 0.025), quantile(drawn, 0.975)],
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/**
 * The lowest ratio of the number of scores at or above a threshold to the share of wrong labels there.
 *
 * @param put the scores of wrong labels, highest first
 */
function lowestRatio(scores: Float64Array, put: Float64Array): number {
  const given = scores.slice().sort().reverse();
  const fewest = Math.min(FEWEST, given.length);
  let lowest = Number.POSITIVE_INFINITY;
  let reached = 0;
  for (let above = 1; above <= given.length; above++) {
    const threshold = given[above - 1]!;
    while (reached < put.length && put[reached]! >= threshold) reached++;
    if (above < fewest || given[above] === threshold) continue; // ties belong together
    if (reached > 0) lowest = Math.min(lowest, (mostExpected(above) * put.length) / reached);
  }
  return Number.isFinite(lowest) ? lowest : given.length; // no score shows the errors put in
}

/**
 * The largest mean of a Poisson count that is not more than a standard deviation above a count: m - sqrt(m) = count. The lowest of many ratios
 * is a lucky one, and without it the bound would be too low.
 */
const mostExpected = (count: number): number => ((1 + Math.sqrt(1 + 4 * count)) / 2) ** 2;
