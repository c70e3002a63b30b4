// Turns class scores into an answer and its probability.
import { isPossible } from "../pairs/label-masks.ts";
import { type Calibrated, calibrated, supported } from "./calibration.ts";
import type { Logits } from "./class-model.ts";

/** Returns the index of the highest score; the lower index for a tie. */
export function bestLabel(logits: Logits): number {
  return logits.reduce((best, score, i) => (score > logits[best]! ? i : best), 0);
}

const UNCALIBRATED = calibrated(undefined);

/**
 * Returns the labels' probabilities: the softmax of their scores divided by the calibration's temperature, bounded by the number of the
 * calibration's examples. A label that the pair's types rule out has none.
 */
export function probabilitiesOf(logits: Logits, how: Calibrated = UNCALIBRATED): readonly number[] {
  const highest = Math.max(...logits);
  const possible = logits.reduce((count, score) => (isPossible(score) ? count + 1 : count), 0);
  const exponentials = Array.from(logits, (score) => Math.exp((score - highest) / how.temperature));
  const total = exponentials.reduce((sum, value) => sum + value, 0);
  return exponentials.map((value, i) =>
    isPossible(logits[i]!) ? supported(value / total, how, possible) : value / total,
  );
}
