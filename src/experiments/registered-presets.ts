// Users' presets next to relata's own: a preset's plan is checked before anything runs.
import { z } from "zod";
import { type Extensions, requireOwnNames } from "../extensions/extension.ts";
import { badAnswer, callNow } from "../extensions/guarded.ts";
import type { Plan, Preset } from "./plan.ts";
import type { PresetExtension } from "./preset-contract.ts";

const name = z.string().regex(/^[a-z0-9][a-z0-9.-]*$/, "must be lower-case letters, digits, dots and dashes");
const output = z.strictObject({ $stage: z.string(), file: z.string().optional() });
const place = z.union([z.string().min(1), output]);
const overrides = z.record(z.string(), z.unknown());

const evaluation = z.strictObject({
  set: z.string().min(1),
  condition: z.string().optional(),
  arguments: z.array(place).optional(),
  file: output.optional(),
});

const planSchema = z.strictObject({
  title: z.string().min(1),
  description: z.string(),
  variants: z
    .array(
      z.strictObject({
        name,
        group: z.string().optional(),
        description: z.string(),
        overrides,
        evaluations: z.array(evaluation).min(1),
        value: z.number().optional(),
        reference: z.string().optional(),
        settings: z.record(z.string(), z.unknown()).optional(),
        dataset: z.string().optional(),
        family: z.string().optional(),
      }),
    )
    .min(1),
  reference: z.string(),
  references: z.record(z.string(), z.string()).optional(),
  sets: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        file: place.optional(),
        format: z.string().optional(),
        pictures: z.string().optional(),
        captions: z.string().optional(),
        features: z.string().optional(),
        views: z.string().optional(),
      }),
    )
    .optional(),
  shared: z.array(z.looseObject({ name, kind: z.string() })).optional(),
  axis: z.string().optional(),
});

/** Converts the registered presets for the runner. @throws ExtensionError `extension/name-taken` */
export function registeredPresets(extensions: Extensions, builtIn: readonly string[]): readonly Preset[] {
  const presets = extensions.of<PresetExtension>("preset");
  requireOwnNames(presets, builtIn);
  return presets.map((preset) => ({
    name: preset.name,
    description: preset.description,
    ...(preset.options === undefined ? {} : { options: preset.options }),
    needsLayers: preset.needsLayers === true,
    plan: (base, options) =>
      checkedPlan(
        preset,
        callNow(preset, "planning", () => preset.plan(base, options)),
      ),
  }));
}

/** @throws ExtensionError `extension/bad-answer` */
function checkedPlan(preset: PresetExtension, value: unknown): Plan {
  const fault = (what: string) => badAnswer(preset, "planning", what);
  const parsed = planSchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw fault(`${issue?.path.join(".") || "the plan"}: ${issue?.message}`);
  }
  const { variants, reference, references = {} } = parsed.data;
  const names = variants.map((variant) => variant.name);
  const twice = names.find((one, at) => names.indexOf(one) < at);
  if (twice !== undefined) throw fault(`two variants are called "${twice}"`);
  const own = variants.flatMap((variant) => variant.reference ?? []);
  const lost = [reference, ...Object.values(references), ...own].find((one) => !names.includes(one));
  if (lost !== undefined) throw fault(`the reference "${lost}" is not one of its variants`);
  return value as Plan; // the schema matches the type; shared stages are checked when they are planned
}
