// Applies a variant's overrides to a configuration.
import { deepMerge } from "../base/deep-merge.ts";
import { type Fields, isFields } from "../base/fields.ts";
import type { Overrides, StageOutput } from "./plan.ts";

/** Where the outputs of shared stages are. */
export type PlaceOf = (output: StageOutput) => string;

/** Merges `over` into `base` field by field: a list replaces a list, `null` removes a field, a stage's output becomes a path. */
export function layOver(base: unknown, over: Overrides, placeOf: PlaceOf): Record<string, unknown> {
  return deepMerge(isFields(base) ? base : {}, placed(over, placeOf));
}

/** Merges two sets of overrides: `null` is kept, because it removes a field of the later base. */
export function joinOverrides(under: Overrides, over: Overrides): Overrides {
  return deepMerge(under, over, { nulls: "keep", isWhole: isStageOutput });
}

export function isStageOutput(value: unknown): value is StageOutput {
  return isFields(value) && typeof value.$stage === "string";
}

/** Returns the overrides with paths for the outputs of stages. */
function placed(over: Fields, placeOf: PlaceOf): Fields {
  const place = (value: unknown) =>
    isStageOutput(value) ? placeOf(value) : isFields(value) ? placed(value, placeOf) : value;
  return Object.fromEntries(Object.entries(over).map(([name, value]) => [name, place(value)]));
}
