// What a chart can place: scales subtract and divide, so numbers near the ends of what a double holds, and ranges of no width, need care.

const LARGEST = 1e300; // the width of any range, and one with room, is then finite
const LEAST_LOGARITHMIC = 1e-300; // so is any ratio
const LEAST_SHARE = 1e-12; // of the largest value: a narrower range cannot be cut into pieces of different numbers
const LEAST_WIDTH = 1e-290; // its inverse and that of its hundredth are finite

/** Whether a chart can show a number; the others are only in its table. */
export function plottable(value: number): boolean {
  return Math.abs(value) <= LARGEST; // not so for NaN
}

/** Whether a logarithmic axis can show a number. */
export function plottableAsLogarithm(value: number): boolean {
  return value >= LEAST_LOGARITHMIC && value <= LARGEST;
}

/** Smallest and largest of the numbers that can be shown; undefined where there are none. */
export function extentOf(values: readonly number[]): readonly [number, number] | undefined {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!plottable(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : undefined;
}

/** Whether a range is so narrow that its ends count as one number. */
export function isPoint([low, high]: readonly [number, number]): boolean {
  return high - low < Math.max(LEAST_WIDTH, LEAST_SHARE * Math.max(Math.abs(low), Math.abs(high)));
}
