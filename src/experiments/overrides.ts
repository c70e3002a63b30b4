// Lays a variant's overrides over a configuration.
import type { Overrides, StageOutput } from "./plan.ts";

/** Where the outputs of shared stages lie. */
export type PlaceOf = (output: StageOutput) => string;

/** `base` with `over` laid over it field by field: a list replaces a list, `null` takes a field out, a stage's output becomes a path. */
export function layOver(base: unknown, over: Overrides, placeOf: PlaceOf): Record<string, unknown> {
  const result: Record<string, unknown> = isFields(base) ? { ...base } : {};
  for (const [field, value] of Object.entries(over)) {
    if (value === undefined) continue;
    if (value === null) delete result[field];
    else if (isStageOutput(value)) result[field] = placeOf(value);
    else if (isFields(value)) result[field] = layOver(result[field], value, placeOf);
    else result[field] = value;
  }
  return result;
}

/** `over` laid over `under`, both overrides: `null` stays, for it takes out a field of what they are laid over later. */
export function joinOverrides(under: Overrides, over: Overrides): Overrides {
  const result: Record<string, unknown> = { ...under };
  for (const [field, value] of Object.entries(over)) {
    const below = result[field];
    result[field] =
      isFields(below) && isFields(value) && !isStageOutput(below) && !isStageOutput(value)
        ? joinOverrides(below, value)
        : value;
  }
  return result;
}

export function isStageOutput(value: unknown): value is StageOutput {
  return isFields(value) && typeof value.$stage === "string";
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
