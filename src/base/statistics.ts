// Mean, spread and quantiles of a sample, correct over the whole range of doubles: intermediate sums and squares neither overflow nor
// underflow.

/** Arithmetic mean, and the sample standard deviation: undefined for fewer than two numbers. */
export interface MeanAndDeviation {
  readonly mean: number;
  readonly deviation: number | undefined;
}

/**
 * Mean and sample standard deviation. The mean is between the smallest and the largest number. NaN for no numbers, and where the result is
 * undefined (NaN or infinities among the numbers); the deviation is infinite only if no double is large enough for it.
 */
export function meanAndDeviation(values: ArrayLike<number>): MeanAndDeviation {
  const count = values.length;
  let [smallest, largest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < count; i++) {
    const value = values[i]!; // within the length
    if (!Number.isFinite(value)) return { mean: Number.NaN, deviation: count < 2 ? undefined : Number.NaN };
    if (value < smallest) smallest = value;
    if (value > largest) largest = value;
  }
  if (count === 0) return { mean: Number.NaN, deviation: undefined };
  // Division by a power of two is exact, so ordinary numbers have the same result as with the plain formulas.
  const scale = powerOfTwoBelow(Math.max(Math.abs(smallest), Math.abs(largest)));
  let sum = 0;
  for (let i = 0; i < count; i++) sum += values[i]! / scale;
  const scaledMean = sum / count;
  const mean = Math.min(largest, Math.max(smallest, scaledMean * scale)); // rounding may exceed the ends
  if (count < 2) return { mean, deviation: undefined };
  if (smallest === largest) return { mean, deviation: 0 };
  const widest = powerOfTwoBelow(largest / scale - smallest / scale); // numbers may be close to each other and far from 0
  let squares = 0;
  for (let i = 0; i < count; i++) squares += ((values[i]! / scale - scaledMean) / widest) ** 2;
  return { mean, deviation: Math.sqrt(squares / (count - 1)) * widest * scale };
}

/** The largest power of two at or below a positive number; 1 for 0. */
function powerOfTwoBelow(value: number): number {
  if (value === 0) return 1;
  const power = 2 ** Math.min(1023, Math.floor(Math.log2(value)));
  return power > value ? power / 2 : power; // the logarithm is rounded
}

/** Linear interpolation between sorted numbers (type 7, NumPy's default), `0 <= q <= 1`; NaN for no numbers. */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  if (sorted.length === 0) return Number.NaN;
  const at = (sorted.length - 1) * q;
  const low = sorted[Math.floor(at)]!; // 0 <= q <= 1
  const high = sorted[Math.ceil(at)]!;
  if (low === high) return low; // infinities included
  const share = at - Math.floor(at);
  const step = (high - low) * share;
  const between = Number.isFinite(step) ? low + step : low * (1 - share) + high * share;
  return Math.min(high, between); // rounding may exceed it
}

/** Index of the bin `[edges[i], edges[i + 1])` (the last is closed) for a number; numbers beyond the ends belong to the outermost bins. */
export function binOf(edges: ArrayLike<number>, value: number): number {
  let [low, high] = [0, edges.length - 2];
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (edges[middle]! <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
