// The most probable category of a post, with its calibrated probability.
import type { LabelSet } from "../../data/labels.ts";
import { type Calibration, calibrated } from "../shared/calibration.ts";
import type { Logits } from "../shared/class-model.ts";
import { bestLabel, probabilitiesOf } from "../shared/class-scores.ts";

/** The most probable category of a post. */
export interface Answer {
  /** Index into the model's categories. */
  readonly index: number;
  readonly label: string;
  readonly probability: number;
}

/** The answer in a row of scores. */
export function answerOf(
  row: Logits,
  { labels, calibration }: { readonly labels: LabelSet; readonly calibration: Calibration | undefined },
): Answer {
  const index = bestLabel(row);
  const probability = probabilitiesOf(row, calibrated(calibration))[index]!;
  return { index, label: labels.labels[index]!, probability };
}
