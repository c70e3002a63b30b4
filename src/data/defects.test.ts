import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DEFECTS } from "../base/codes/data-defects.ts";
import { isWellFormed, quote, wellFormed } from "./defects.ts";

describe("docs/data.md", () => {
  it("lists every defect code with its severity and meaning", () => {
    const page = readFileSync(join(import.meta.dirname, "../../docs/data.md"), "utf8");
    const rows = [...page.matchAll(/^\| `(data\/[\w-]+)` +\| (error|warning) +\| (.*?) +\|$/gm)].map(
      ([, ...cells]) => cells,
    );
    expect(rows).toEqual(
      Object.entries(DEFECTS).map(([code, { severity, meaning }]) => [code, severity, meaning]),
    );
  });
});

describe("quote", () => {
  it("shows any value, cut to a readable length and never in half a character", () => {
    expect(quote("a\nb")).toBe('"a\\nb"');
    expect(quote(undefined)).toBe("undefined");
    expect(quote([1n])).toBe('["1n"]');
    expect(quote("😀".repeat(100)).length).toBeLessThan(100);
    expect(isWellFormed(quote("😀".repeat(100)))).toBe(true);
    const cyclic: unknown[] = [];
    cyclic.push(cyclic);
    expect(quote(cyclic)).toContain("cannot be shown");
  });

  it("tells half characters from whole ones", () => {
    expect([isWellFormed("a😀"), isWellFormed("\ud83d"), isWellFormed("\ude00\ud83d")]).toEqual([
      true,
      false,
      false,
    ]);
    expect(wellFormed("a\ud83db😀")).toBe("a\ufffdb😀");
  });
});
