// Builds a preset that sweeps some fields of the configuration: each alone, or all combinations.
import type { Config } from "../../config/schema.ts";
import type { Overrides, Plan, Preset, PresetOptions, SweptField } from "../plan.ts";
import { planFieldSweep } from "../sweep/field-sweep.ts";

export interface FieldPreset {
  readonly name: string;
  /** One line for `relata experiment list`. */
  readonly description: string;
  readonly title: string;
  /** What is asked, for the report. */
  readonly question?: string | ((base: Config) => string);
  /** The fields and their usual values. */
  readonly fields: readonly SweptField[];
  /** Whether to train every combination of their values. */
  readonly cross?: boolean;
  /** What all rows change, so that the fields have an effect. */
  readonly always?: (base: Config) => Overrides;
  /** Refuses configurations for which the question has no meaning. */
  readonly requires?: (name: string, base: Config) => void;
}

/**
 * Returns the preset. `--values` names other values of its field; with several fields, `--field` says which one is meant. Fields that the user
 * does not name keep their usual values.
 */
export function fieldPreset(preset: FieldPreset): Preset {
  const { name, description, fields } = preset;
  const [first] = fields;
  const options =
    fields.length === 1
      ? `--values: other values of ${first?.field}`
      : `--field, --values: other values of ${fields.map(({ field }) => field).join(" or ")}`;
  return {
    name,
    description,
    options: `${options}; --dataset name=config.json: on several data sets`,
    sweeps: fields.map(({ field }) => field),
    plan: (base, given) => planOf(preset, base, given),
  };
}

function planOf(preset: FieldPreset, base: Config, options: PresetOptions): Plan {
  const { name, title, question, always, requires } = preset;
  requires?.(name, base);
  const fields = preset.fields.map(
    (usual) => options.fields?.find(({ field }) => field === usual.field) ?? usual,
  );
  return planFieldSweep({
    title,
    question: typeof question === "function" ? question(base) : question,
    base,
    options,
    fields,
    cross: preset.cross ?? options.cross ?? false,
    always: always?.(base),
  });
}
