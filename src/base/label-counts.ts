// Counts by label: labels are anybody's words, "__proto__" and "constructor" among them.
import { z } from "zod";

/** Counts by label as JSON has them. A schema of records would lose a label "__proto__". */
export const labelCounts = z.custom<Record<string, number>>(
  (value) =>
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((count) => Number.isSafeInteger(count) && count >= 0),
  "must be an object of counts",
);

/** Counts one more of a label. */
export function increment(counts: Record<string, number>, label: string): void {
  const before = Object.hasOwn(counts, label) ? (counts[label] ?? 0) : 0;
  // An assignment to "__proto__" would set none.
  Object.defineProperty(counts, label, {
    value: before + 1,
    enumerable: true,
    writable: true,
    configurable: true,
  });
}
