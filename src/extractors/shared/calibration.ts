// A calibration: the temperature fitted on validation data, and how a model's scores become probabilities with it.
import { z } from "zod";
import { MAX_TRUST } from "../../base/trust-range.ts";
import { supportedProbability } from "../../evaluation/fit-calibration.ts";

const loss = z.strictObject({ before: z.number(), after: z.number() });

const trustSchema = z.strictObject({
  /** Factor of what views add to the log-probabilities without them. */
  value: z.number().min(0).max(MAX_TRUST),
  /** Why it has this value. */
  decision: z.enum(["fitted", "too-few", "not-better", "fixed"]),
  /** The best trust, even if it is not used. */
  fitted: z.number().min(0).max(MAX_TRUST),
  /** The best trust is at an end of the searched range. */
  atBound: z.boolean(),
  /** Validation instances with a view. */
  instances: z.int().nonnegative(),
  /** Texts that they come from; the same text, or the same picture, counts once. */
  texts: z.int().nonnegative(),
  /**
   * Their mean negative log-likelihood in nats: at trust 1, and with trusts fitted on one half of the texts and measured on the other; null
   * if nothing can be held out.
   */
  loss: loss.nullable(),
});

/** How far a student of MI2RAGE moves with the views of the other modality: log p(y) + trust (log p(y | views) - log p(y)), and from what it was fitted. */
export type ViewTrust = z.output<typeof trustSchema>;

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
  expectedCalibrationError: loss.nullable(),
  /** Only of a model that reads views, unless its trust was set to 1. */
  trust: trustSchema.optional(),
});

/**
 * How a model's probabilities were calibrated on validation data: the temperature that logits are divided by, the expected calibration error
 * before and after (in [0, 1]), and from how many predictions and mistakes it was fitted.
 */
export type Calibration = z.output<typeof calibrationSchema>;

/** Returns how far a model's scores move with views: all the way, if it has no trust of its own. */
export function trustOf(calibration: Calibration | undefined): number {
  return calibration?.trust?.value ?? 1;
}

/** How scores become probabilities. */
export interface Calibrated {
  /** Divides the scores. */
  readonly temperature: number;
  /** How many examples support a probability, which limits it; undefined for a model that was never calibrated. */
  readonly instances: number | undefined;
  /** How far the scores moved with views; 1 for a model that has no trust. */
  readonly trust: number;
}

/** Returns how a model's scores become probabilities: unchanged, if it was never calibrated. */
export function calibrated(calibration: Calibration | undefined): Calibrated {
  return {
    temperature: calibration?.temperature ?? 1,
    instances: calibration?.instances,
    trust: trustOf(calibration),
  };
}

/** Bounds a probability of one of several outcomes by the number of the calibration's examples. */
export function supported(probability: number, { instances }: Calibrated, outcomes = 2): number {
  return instances === undefined ? probability : supportedProbability(probability, instances, outcomes);
}
