// A calibration: the temperature fitted on validation data, and how a model's scores become probabilities with it.
import { z } from "zod";
import { supportedProbability } from "../../evaluation/fit-calibration.ts";

/** What calibration.json contains, except for what ties it to its model. */
export const calibrationSchema = z.strictObject({
  /** What scores are divided by. */
  temperature: z.number().positive(),
  /** Why it is what it is; absent, like the fields below that are optional, in the files of older models. */
  decision: z.enum(["fitted", "too-few", "not-better", "less-calibrated"]).optional(),
  /** The temperature that fits best, also where it is not used. */
  fitted: z.number().positive().optional(),
  /** The best temperature is outside the searched range. */
  atBound: z.boolean(),
  /** Validation instances (pairs, or predicted entities) it was fitted on. */
  instances: z.int().nonnegative(),
  /** Those of them that were predicted wrongly. */
  errors: z.int().nonnegative().optional(),
  /** Texts that they come from; the same text, or the same picture, counts once. */
  texts: z.int().nonnegative().optional(),
  /**
   * Expected calibration error over 15 bins: at temperature 1, and as probabilities are given, with temperatures fitted on one half of the
   * texts and measured on the other; null where nothing can be held out.
   */
  expectedCalibrationError: z.strictObject({ before: z.number(), after: z.number() }).nullable(),
});

/**
 * How a model's probabilities were calibrated on validation data: the temperature that logits are divided by, the expected calibration error
 * before and after (in [0, 1]), and from how many predictions and mistakes it was fitted.
 */
export type Calibration = z.output<typeof calibrationSchema>;

/** How scores become probabilities. */
export interface Calibrated {
  /** Divides the scores. */
  readonly temperature: number;
  /** How many examples support a probability, which bounds it; undefined for a model that was never calibrated. */
  readonly instances: number | undefined;
}

/** How a model's scores become probabilities: as they are, where it was never calibrated. */
export function calibrated(calibration: Calibration | undefined): Calibrated {
  return { temperature: calibration?.temperature ?? 1, instances: calibration?.instances };
}

/** A probability of one of several outcomes, as far as the calibration's examples support it. */
export function supported(probability: number, { instances }: Calibrated, outcomes = 2): number {
  return instances === undefined ? probability : supportedProbability(probability, instances, outcomes);
}
