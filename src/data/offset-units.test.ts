import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OFFSET_UNITS, OffsetSurvey, offsetConverter } from "./offset-units.ts";
import { cutsWord } from "./word-edges.ts";

const text = "😂😂 so Ann Lee met Zoë Ray in Košice, 🔥 again";
const names = ["Ann Lee", "Zoë Ray", "Košice"];
const spans = names.map((name) => ({ start: text.indexOf(name), end: text.indexOf(name) + name.length }));
const lengthIn = {
  "utf-16": (s: string) => s.length,
  "code-point": (s: string) => [...s].length,
  "utf-8": Buffer.byteLength,
};
const inUnit = (unit: keyof typeof lengthIn) =>
  spans.map(({ start, end }) => ({
    start: lengthIn[unit](text.slice(0, start)),
    end: lengthIn[unit](text.slice(0, end)),
  }));

describe("offsetConverter", () => {
  it("gives UTF-16 offsets for those of any unit, and keeps outside what is outside", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.constantFrom(...OFFSET_UNITS), (string, unit) => {
        const convert = offsetConverter(string, unit);
        let before = "";
        for (const character of string) {
          expect(convert(lengthIn[unit](before))).toBe(before.length);
          before += character;
        }
        expect(convert(lengthIn[unit](string))).toBe(string.length);
        expect(convert(lengthIn[unit](string) + 2)).toBe(string.length + 2);
        expect(convert(-1)).toBe(-1);
      }),
    );
    expect(offsetConverter("é", "utf-8")(1)).toBeUndefined();
  });
});

describe("OffsetSurvey", () => {
  const said = (given: readonly { start: number; end: number }[], unit: keyof typeof lengthIn = "utf-16") => {
    const survey = new OffsetSurvey("f.jsonl", unit);
    survey.observe(text, given, "f.jsonl:1");
    return survey.defects().map(({ message }) => message);
  };

  it.each([
    ["code points", inUnit("code-point")],
    ["bytes of UTF-8", inUnit("utf-8")],
    ["inclusive", spans.map(({ start, end }) => ({ start, end: end - 1 }))],
    ["count from 1", spans.map(({ start, end }) => ({ start: start + 1, end: end + 1 }))],
    ["shifted right by one", spans.map(({ start, end }) => ({ start: start - 1, end: end - 1 }))],
  ])("says what offsets count: %s", (what, given) => {
    expect(said(given)).toEqual([expect.stringContaining(what)]);
  });

  it("says nothing of right offsets, in whatever unit they are read", () => {
    for (const unit of OFFSET_UNITS) expect(said(inUnit(unit), unit)).toEqual([]);
    expect(said(spans, "code-point")).toEqual([expect.stringContaining("UTF-16 code units")]);
  });
});

describe("cutsWord", () => {
  const cuts = (string: string) => cutsWord(string.replace("|", ""), string.indexOf("|"));

  it("knows letters, digits and marks on both sides, in any spaced script", () => {
    for (const string of ["Rotterda|m", "20|19", "А|нна", "कि|ताब", "हि|न", "Z|oë", "Covid|19", "𝐀|𝐁"])
      expect([string, cuts(string)]).toEqual([string, true]);
    for (const string of ["Ann| Lee", "|Ann", "Ann|", "Ann|'s", "#|Ann", "😂|a", "New-|York"])
      expect([string, cuts(string)]).toEqual([string, false]);
  });

  it("sees no words where a script has no spaces, and words in hashtags", () => {
    for (const string of [
      "在北|京",
      "東京|タワー",
      "กรุงเทพ|มหานคร",
      "서울|에서",
      "在|Apple工作",
      "#Ann|Lee",
      "@Ann|2019",
    ])
      expect([string, cuts(string)]).toEqual([string, false]);
    expect(cuts("#An|nLee")).toBe(true);
  });
});
