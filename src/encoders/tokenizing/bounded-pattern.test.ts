import { describe, expect, it } from "vitest";
import { BoundedPattern } from "./bounded-pattern.ts";
import { patternCost } from "./pattern-cost.ts";
import { compilePattern } from "./patterns.ts";

const GPT2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
const GPT4 =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

describe("patternCost", () => {
  it.each([
    ["abc", 0],
    ["a+", 1],
    ["[a\\]b]*c{2,}\\p{L}+?", 3],
    ["(?:ab)+", 1],
    ["(?:\\d{3})*\\b", 1],
    ["a{1,3}(?:b|c)?", 0],
    ["\\s+(?!\\S)|\\s+", 1],
    ["(?<![a-z]+)x|(?=\\u{1F600}+)", 1],
    [compilePattern({ Regex: GPT2 }, "").source, 1],
    [compilePattern({ Regex: GPT4 }, "").source, 2],
  ])("counts the repetitions of %s", (source, loops) => {
    expect(patternCost(source).loops).toBe(loops);
  });

  it.each([
    "(a+)+$",
    "(a|a)*$",
    "(?:a|aa)+$",
    "(?:a?){30}a{30}",
    "(a*)*b",
    "((?:ab?)c*)+",
    "(a+)\\1",
    "(?<n>a+)\\k<n>",
    "((((a)*)*)*)*",
  ])("knows no bound for %s", (source) => {
    expect(patternCost(source).loops).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("BoundedPattern", () => {
  const bounded = (source: string): BoundedPattern =>
    new BoundedPattern(new RegExp(source, "gu"), "tokenizer.json");
  const matches = (pattern: RegExp, text: string): string[] =>
    Array.from(text.matchAll(pattern), ([match]) => match);

  it("finds what the expression finds, with and without a watch", () => {
    for (const text of ["it's 2 dogs  here", "x".repeat(5000), "it's ".repeat(2000)]) {
      expect(matches(compilePattern({ Regex: GPT2 }, ""), text)).toEqual(
        matches(new RegExp(GPT2, "gu"), text),
      );
    }
    expect(matches(bounded("(a+)+"), "baaab aa")).toEqual(["aaa", "aa"]);
  });

  it.each([
    ["(a+)+$", "a".repeat(40)],
    ["(a|a)*$", "a".repeat(40)],
    ["a*a*a*a*a*a*c", "a".repeat(500)],
  ])("breaks %s off", (source, text) => {
    expect(() => matches(bounded(source), `${text}b`)).toThrow(
      expect.objectContaining({ code: "encoder/slow-pattern", place: "tokenizer.json" }),
    );
  });

  it("does not take very long patterns, nor such as are none", () => {
    for (const pattern of [
      { Regex: "a".repeat(20_001) },
      { Regex: 5 },
      { String: null },
      { Regex: "(" },
      "a",
      {},
    ]) {
      expect(() => compilePattern(pattern, "here")).toThrow(
        expect.objectContaining({ code: "encoder/unsupported-pattern", place: "here" }),
      );
    }
  });
});
