// A one-sided t-test: whether the mean of independent values is above zero.

/** One-sided 95 % point of the normal distribution. */
const Z = 1.6448536269514722;

/** Whether the mean of independent values is above zero with a confidence of 95 % (Student's t, one-sided). */
export function isPositiveMean(values: readonly number[]): boolean {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const error = Math.sqrt(squares / (count - 1) / count);
  return mean > 0 && mean > studentPoint(count - 1) * error;
}

/** The 95 % point of Student's t, by the Cornish-Fisher expansion; accurate to 0.3 % from 7 degrees of freedom. */
function studentPoint(freedom: number): number {
  const first = (Z ** 3 + Z) / 4;
  const second = (5 * Z ** 5 + 16 * Z ** 3 + 3 * Z) / 96;
  return Z + first / freedom + second / freedom ** 2;
}
