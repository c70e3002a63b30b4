// Merges one settings object into another, field by field.
import { type Fields, isFields } from "./fields.ts";

export interface MergeOptions {
  /** Whether a null field removes the field below it (default) or is kept as null. */
  readonly nulls?: "remove" | "keep" | undefined;
  /** Objects that count as one value: they replace and are replaced as a whole. */
  readonly isWhole?: ((value: Fields) => boolean) | undefined;
}

/**
 * Returns a copy of `base` with `over` merged in: objects are merged; any other value, including a list, replaces the one in `base`.
 * Undefined fields are ignored.
 *
 * @example
 * deepMerge({ a: { b: 1, c: 2 } }, { a: { b: null, d: 3 } }); // { a: { c: 2, d: 3 } }
 */
export function deepMerge(base: Fields, over: Fields, options: MergeOptions = {}): Record<string, unknown> {
  const { nulls = "remove", isWhole = () => false } = options;
  const merges = (value: unknown): value is Fields => isFields(value) && !isWhole(value);
  const result = new Map(Object.entries(base));
  for (const [name, value] of Object.entries(over)) {
    if (value === undefined) continue;
    const below = result.get(name);
    if (value === null && nulls === "remove") result.delete(name);
    else if (merges(value)) result.set(name, deepMerge(merges(below) ? below : {}, value, options));
    else result.set(name, value);
  }
  return Object.fromEntries(result);
}
