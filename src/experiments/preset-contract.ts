// The contract of a user's preset: an experiment as a function of the base configuration and the command line's options.
import type { Config } from "../config/schema.ts";
import { CONTRACT, type Extension } from "../extensions/extension.ts";
import type { Plan, PresetOptions } from "./plan.ts";

/** A named experiment. */
export interface PresetExtension extends Extension {
  readonly kind: "preset";
  /** One line for `relata experiment list`. */
  readonly description: string;
  /** The options that it uses, in words, for the same list. */
  readonly options?: string | undefined;
  /** Whether it needs the number of layers of the text encoder. */
  readonly needsLayers?: boolean | undefined;
  /**
   * Returns the variants, their evaluation sets and the reference. It must return the same for the same arguments, or an experiment
   * could not be resumed. Its errors are shown to the user.
   */
  plan(base: Config, options: PresetOptions): Plan;
}

/**
 * Defines a preset for `relata experiment run`.
 *
 * @example
 * import { definePreset } from "relata/extend";
 *
 * export default definePreset({
 *   name: "rates",
 *   version: "1.0.0",
 *   description: "three learning rates",
 *   plan: () => ({
 *     title: "Learning rates",
 *     description: "The same model at three rates.",
 *     reference: "rate-1e-4",
 *     variants: [1e-3, 1e-4, 1e-5].map((rate) => ({
 *       name: `rate-${rate.toExponential().replace("+", "")}`,
 *       description: `learning rate ${rate}`,
 *       overrides: { training: { learningRate: rate } },
 *       evaluations: [{ set: "validation" }],
 *     })),
 *   }),
 * });
 */
export function definePreset(preset: Omit<PresetExtension, "kind" | "contract">): PresetExtension {
  return Object.freeze({ ...preset, kind: "preset", contract: CONTRACT });
}
