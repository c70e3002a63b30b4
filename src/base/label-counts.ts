// Counts by label. A label can be any text, even "__proto__" or "constructor".
import { z } from "zod";

/** Schema for counts by label in JSON. A plain record schema would lose the label "__proto__". */
export const labelCounts = z.custom<Record<string, number>>(
  (value) =>
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((count) => Number.isSafeInteger(count) && count >= 0),
  "must be an object of counts",
);

/** Adds to a label's count. */
export function increment(counts: Record<string, number>, label: string, by = 1): void {
  const before = Object.hasOwn(counts, label) ? (counts[label] ?? 0) : 0;
  // A plain assignment to "__proto__" would create no field.
  Object.defineProperty(counts, label, {
    value: before + by,
    enumerable: true,
    writable: true,
    configurable: true,
  });
}
