// Converts `--set field=value` options to a part of a configuration.
import type { Overrides } from "../config/load.ts";

/** Converts dotted fields with their values; a field without a value is left out. */
export function fieldsOf(fields: readonly (readonly [string, unknown])[]): Overrides {
  const result: Record<string, unknown> = {};
  for (const [field, value] of fields) if (value !== undefined) assign(result, field.split("."), value);
  return result;
}

/** Does the same for texts such as `model.mixup.alpha=2`. */
export function assignments(texts: readonly string[]): Overrides {
  return fieldsOf(texts.map(parseAssignment));
}

/** Parses `model.mixup.alpha=2`: the value is JSON if possible, otherwise text. */
export function parseAssignment(text: string): [string, unknown] {
  const at = text.indexOf("=");
  const field = at < 0 ? text : text.slice(0, at);
  const value = at < 0 ? "true" : text.slice(at + 1);
  try {
    return [field, JSON.parse(value)];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return [field, value];
  }
}

function assign(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [first = "", ...rest] = path;
  if (rest.length === 0) {
    target[first] = value;
    return;
  }
  const below = target[first];
  const child = typeof below === "object" && below !== null ? (below as Record<string, unknown>) : {};
  target[first] = child;
  assign(child, rest, value);
}
