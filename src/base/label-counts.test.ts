import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { increment, labelCounts } from "./label-counts.ts";

const names = fc.constantFrom("__proto__", "constructor", "toString", "hasOwnProperty", "PER", "");

describe("counts by label", () => {
  it("count any label, and come back from JSON", () => {
    fc.assert(
      fc.property(fc.array(names), (labels) => {
        const counts: Record<string, number> = {};
        for (const label of labels) increment(counts, label);
        const again = labelCounts.parse(JSON.parse(JSON.stringify(counts)));
        const expected = new Map<string, number>();
        for (const label of labels) expected.set(label, (expected.get(label) ?? 0) + 1);
        expect(Object.entries(again)).toEqual([...expected]);
      }),
    );
  });

  it("are refused where they are none", () => {
    for (const value of [null, [], 3, { a: -1 }, { a: 0.5 }, { a: "1" }])
      expect(labelCounts.safeParse(value).success).toBe(false);
  });
});
