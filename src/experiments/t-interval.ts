// The mean over a few seeds with Student's interval.

import { meanAndDeviation } from "../base/statistics.ts";

export interface TInterval {
  readonly mean: number;
  /** 95 %; absent for a single value. */
  readonly interval?: readonly [low: number, high: number];
}

/** Two-sided 95 % quantiles of Student's t for 1 to 30 degrees of freedom. */
const T = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
  2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
] as const;
const NORMAL = 1.96;

/** Mean and interval of independent values; at least one. */
export function tInterval(values: readonly number[]): TInterval {
  const { mean, deviation } = meanAndDeviation(values);
  if (deviation === undefined) return { mean };
  const error = deviation / Math.sqrt(values.length);
  const t = T[values.length - 2] ?? NORMAL;
  return { mean, interval: [mean - t * error, mean + t * error] };
}
