// Which numbers a chart can place: scales subtract and divide, so extreme doubles and ranges of no width need care.

const LARGEST = 1e300; // keeps the width of any range finite, even with a margin
const LEAST_LOGARITHMIC = 1e-300; // and any ratio
const LEAST_SHARE = 1e-12; // of the largest value: a narrower range cannot be divided into distinct numbers
const LEAST_WIDTH = 1e-290; // its inverse and the inverse of its hundredth are finite

/** Tells whether a chart can show a number; other numbers are only in its table. */
export function plottable(value: number): boolean {
  return Math.abs(value) <= LARGEST; // false for NaN
}

/** Tells whether a logarithmic axis can show a number. */
export function plottableAsLogarithm(value: number): boolean {
  return value >= LEAST_LOGARITHMIC && value <= LARGEST;
}

/** Returns the smallest and largest plottable number; undefined if there are none. */
export function extentOf(values: readonly number[]): readonly [number, number] | undefined {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!plottable(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : undefined;
}

/** Tells whether a range is so narrow that its ends count as one number. */
export function isPoint([low, high]: readonly [number, number]): boolean {
  return high - low < Math.max(LEAST_WIDTH, LEAST_SHARE * Math.max(Math.abs(low), Math.abs(high)));
}
