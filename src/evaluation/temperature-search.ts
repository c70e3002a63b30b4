// Finds the temperature that minimises any loss.

const MIN_TEMPERATURE = 0.05;
const MAX_TEMPERATURE = 20;
const GRID = 13; // half a unit of log T apart: the loss of a structured model may have several minima, so only the best grid point is refined
const TOLERANCE = 1e-3; // of log T: a thousandth of the temperature
const GOLDEN = (Math.sqrt(5) - 1) / 2;

export interface FoundTemperature {
  readonly temperature: number;
  /** The best temperature is at an end of the search range. */
  readonly atBound: boolean;
}

/** The temperature in [0.05, 20] with the lowest loss: a grid over log T, refined by golden-section search. */
export function searchTemperature(
  lossAt: (temperature: number) => number,
  tolerance = TOLERANCE,
): FoundTemperature {
  const loss = (logTemperature: number) => lossAt(Math.exp(logTemperature));
  const [bottom, top] = [Math.log(MIN_TEMPERATURE), Math.log(MAX_TEMPERATURE)];
  const step = (top - bottom) / (GRID - 1);
  const grid = Array.from({ length: GRID }, (_, i) => bottom + i * step);
  const losses = grid.map(loss);
  const best = losses.reduce((least, value, i) => (value < losses[least]! ? i : least), 0);
  let [low, high] = [Math.max(bottom, grid[best]! - step), Math.min(top, grid[best]! + step)];
  let [left, right] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
  let [leftLoss, rightLoss] = [loss(left), loss(right)];
  while (high - low > tolerance) {
    if (leftLoss <= rightLoss) {
      [high, right, rightLoss] = [right, left, leftLoss];
      left = high - GOLDEN * (high - low);
      leftLoss = loss(left);
    } else {
      [low, left, leftLoss] = [left, right, rightLoss];
      right = low + GOLDEN * (high - low);
      rightLoss = loss(right);
    }
  }
  const found = (low + high) / 2;
  return {
    temperature: Math.exp(found),
    atBound: found - bottom < 2 * tolerance || top - found < 2 * tolerance,
  };
}
