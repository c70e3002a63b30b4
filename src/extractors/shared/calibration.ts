// A calibration: the temperature fitted on validation data, and how a model's scores become probabilities with it.
import { z } from "zod";
import { supportedProbability } from "../../evaluation/fit-calibration.ts";

/** The contents of calibration.json, except for the integrity. */
export const calibrationSchema = z.strictObject({
  /** Divisor of the scores. */
  temperature: z.number().positive(),
  /** Why it has this value; absent, like the optional fields below, from the files of older models. */
  decision: z.enum(["fitted", "too-few", "not-better", "less-calibrated"]).optional(),
  /** The best temperature, even if it is not used. */
  fitted: z.number().positive().optional(),
  /** The best temperature is outside the searched range. */
  atBound: z.boolean(),
  /** Validation instances (pairs, or predicted entities) used for the fit. */
  instances: z.int().nonnegative(),
  /** How many of them were predicted wrongly. */
  errors: z.int().nonnegative().optional(),
  /** Texts that they come from; the same text, or the same picture, counts once. */
  texts: z.int().nonnegative().optional(),
  /**
   * Expected calibration error over 15 bins: at temperature 1, and for the calibrated probabilities, with temperatures fitted on one half of the
   * texts and measured on the other; null if nothing can be held out.
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
  /** How many examples support a probability, which limits it; undefined for a model that was never calibrated. */
  readonly instances: number | undefined;
}

/** Returns how a model's scores become probabilities: unchanged, if it was never calibrated. */
export function calibrated(calibration: Calibration | undefined): Calibrated {
  return { temperature: calibration?.temperature ?? 1, instances: calibration?.instances };
}

/** Bounds a probability of one of several outcomes by the number of the calibration's examples. */
export function supported(probability: number, { instances }: Calibrated, outcomes = 2): number {
  return instances === undefined ? probability : supportedProbability(probability, instances, outcomes);
}
