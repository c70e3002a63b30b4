// Lays a variant's overrides over a configuration.
import { deepMerge } from "../base/deep-merge.ts";
import { type Fields, isFields } from "../base/fields.ts";
import type { Overrides, StageOutput } from "./plan.ts";

/** Where the outputs of shared stages lie. */
export type PlaceOf = (output: StageOutput) => string;

/** `base` with `over` laid over it field by field: a list replaces a list, `null` takes a field out, a stage's output becomes a path. */
export function layOver(base: unknown, over: Overrides, placeOf: PlaceOf): Record<string, unknown> {
  return deepMerge(isFields(base) ? base : {}, placed(over, placeOf));
}

/** `over` laid over `under`, both overrides: `null` stays, because it removes a field of what they are laid over later. */
export function joinOverrides(under: Overrides, over: Overrides): Overrides {
  return deepMerge(under, over, { nulls: "keep", isWhole: isStageOutput });
}

export function isStageOutput(value: unknown): value is StageOutput {
  return isFields(value) && typeof value.$stage === "string";
}

/** The overrides with paths for the outputs of stages. */
function placed(over: Fields, placeOf: PlaceOf): Fields {
  const place = (value: unknown) =>
    isStageOutput(value) ? placeOf(value) : isFields(value) ? placed(value, placeOf) : value;
  return Object.fromEntries(Object.entries(over).map(([name, value]) => [name, place(value)]));
}
