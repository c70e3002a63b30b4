import { describe, expect, it } from "vitest";
import { joinOverrides, layOver } from "./overrides.ts";

const place = ({ $stage, file = "" }: { $stage: string; file?: string }) => `/${$stage}/${file}`;

describe("layOver", () => {
  it("replaces fields and lists, takes out what is null, and turns stages' outputs into paths", () => {
    const base = { a: { b: 1, c: [1, 2] }, d: "x", e: { f: 1 } };
    const over = { a: { c: [3] }, d: null, e: { f: { $stage: "s", file: "g.jsonl" } }, h: { i: null, j: 1 } };
    expect(layOver(base, over, place)).toEqual({ a: { b: 1, c: [3] }, e: { f: "/s/g.jsonl" }, h: { j: 1 } });
    expect(base.d).toBe("x");
  });
});

describe("joinOverrides", () => {
  it("gives what laying over one after the other gives", () => {
    const base = { a: 1, b: { c: 2, d: 3 } };
    const [under, over] = [
      { a: null, b: { c: { $stage: "s" } } },
      { a: 5, b: { c: null, e: 1 } },
    ];
    expect(layOver(base, joinOverrides(under, over), place)).toEqual(
      layOver(layOver(base, under, place), over, place),
    );
  });
});
