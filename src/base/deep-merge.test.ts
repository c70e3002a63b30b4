import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deepMerge } from "./deep-merge.ts";

const fields = fc.dictionary(
  fc.constantFrom("a", "b", "c"),
  fc.oneof(fc.integer(), fc.array(fc.integer()), fc.dictionary(fc.constantFrom("a", "b"), fc.integer())),
);

describe("deepMerge", () => {
  it("merges objects, replaces everything else and changes neither of the two", () => {
    const base = { a: { b: 1, c: [1, 2] }, d: "x", e: 1 };
    const over = { a: { c: [3] }, d: { f: 2 }, e: undefined };
    expect(deepMerge(base, over)).toEqual({ a: { b: 1, c: [3] }, d: { f: 2 }, e: 1 });
    expect(base).toEqual({ a: { b: 1, c: [1, 2] }, d: "x", e: 1 });
    expect(over).toEqual({ a: { c: [3] }, d: { f: 2 }, e: undefined });
  });

  it("takes out what is null, at every depth, or keeps the null", () => {
    const [base, over] = [
      { a: 1, b: { c: 2 } },
      { a: null, b: { c: null }, d: { e: null, f: 3 } },
    ];
    expect(deepMerge(base, over)).toEqual({ b: {}, d: { f: 3 } });
    expect(deepMerge(base, over, { nulls: "keep" })).toEqual(over);
  });

  it("replaces objects that are one value, and puts others in their place", () => {
    const isWhole = (value: object) => "$stage" in value;
    expect(deepMerge({ a: { $stage: "s" } }, { a: { b: 1 } }, { isWhole })).toEqual({ a: { b: 1 } });
    expect(deepMerge({ a: { b: 1 } }, { a: { $stage: "s" } }, { isWhole })).toEqual({ a: { $stage: "s" } });
  });

  it("keeps a field named __proto__ a field", () => {
    const over = JSON.parse('{"__proto__": {"x": 1}}');
    const merged = deepMerge({}, over);
    expect(Object.keys(merged)).toEqual(["__proto__"]);
    expect("x" in merged).toBe(false);
  });

  it("changes nothing when nothing, or the same again, is laid over", () => {
    fc.assert(
      fc.property(fields, fields, (base, over) => {
        const merged = deepMerge(base, over);
        expect(deepMerge(merged, {})).toEqual(merged);
        expect(deepMerge({}, merged)).toEqual(merged);
        expect(deepMerge(merged, over)).toEqual(merged);
      }),
    );
  });
});
