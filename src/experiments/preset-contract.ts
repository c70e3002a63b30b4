// The contract of a preset that users register: an experiment as a function of the base configuration and what the command line says.
import type { Config } from "../config/schema.ts";
import { CONTRACT, type Extension } from "../extensions/extension.ts";
import type { Plan, PresetOptions } from "./plan.ts";

/** A named experiment. */
export interface PresetExtension extends Extension {
  readonly kind: "preset";
  /** One line for `relata experiment list`. */
  readonly description: string;
  /** Options that it looks at, in words, for the same list. */
  readonly options?: string | undefined;
  /** Whether it asks how many layers the text encoder has. */
  readonly needsLayers?: boolean | undefined;
  /**
   * Variants of the configuration, what they are scored on and which is the reference; the same for the same arguments, or an experiment
   * could not be resumed. What it throws is shown to the user.
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
