// Prints a probability with fixed digits, never rounded to 0 or 1.

/** 0.99996 with 4 digits is ">0.9999", 0.00001 is "<0.0001". */
export function formatProbability(probability: number, digits = 4): string {
  const fixed = probability.toFixed(digits);
  const step = 10 ** -digits;
  if (Number(fixed) >= 1) return `>${(1 - step).toFixed(digits)}`;
  if (Number(fixed) <= 0) return `<${step.toFixed(digits)}`;
  return fixed;
}
