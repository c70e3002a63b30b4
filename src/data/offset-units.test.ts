import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { documentIn, OFFSET_UNITS, offsetConverter, offsetWriter } from "./offset-units.ts";
import { parseDocument } from "./parse-document.ts";
import { cutsWord } from "./word-edges.ts";

const lengthIn = {
  "utf-16": (s: string) => s.length,
  "code-point": (s: string) => [...s].length,
  "utf-8": Buffer.byteLength,
};
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

describe("documentIn", () => {
  const arbitraryDocument = fc
    .array(fc.constantFrom("a", "Zoë", "e\u0301", "👩‍👩‍👧", "🔥", "Košice", "हिन्दी", "東京", "𝐀", "-"), {
      minLength: 1,
    })
    .map((words) => {
      const text = words.join(" ");
      const tokens = words.map((word, i) => {
        const start = words.slice(0, i).join(" ").length + (i > 0 ? 1 : 0);
        return { start, end: start + word.length };
      });
      return {
        id: "d",
        text,
        entities: tokens.map((span) => ({ ...span, label: "X" })),
        relations: [],
        meta: { tokens: tokens.map(({ start, end }) => [start, end]) },
      };
    });

  it("counts as the unit's own programs do, and says which unit it is", () => {
    fc.assert(
      fc.property(arbitraryDocument, fc.constantFrom(...OFFSET_UNITS), (document, unit) => {
        const count = lengthIn[unit];
        const written = documentIn(document, unit);
        for (const [i, { start, end }] of document.entities.entries())
          expect(written.entities[i]).toMatchObject({
            start: count(document.text.slice(0, start)),
            end: count(document.text.slice(0, end)),
          });
        expect(written.meta?.offsets).toBe(unit === "utf-16" ? undefined : unit);
      }),
    );
  });

  it("is read back as it was, without an option, and refused under a wrong one", () => {
    fc.assert(
      fc.property(arbitraryDocument, fc.constantFrom("code-point", "utf-8"), (document, unit) => {
        const written = documentIn(document, unit);
        const { value, defects } = parseDocument(written, "f:1");
        expect(defects).toEqual([]);
        expect(value).toEqual({ ...document, meta: { ...document.meta, offsets: "utf-16" } });
        expect(documentIn(value!, unit)).toEqual(written);
        expect(parseDocument(written, "f:1", { offsets: "utf-16" }).defects).toMatchObject([
          { code: "data/offsets-differ", severity: "error" },
        ]);
      }),
    );
  });

  it("keeps what is outside outside, and counts half a character as a whole one", () => {
    expect([-1, 0, 1, 2, 3, 5].map(offsetWriter("🔥a", "code-point"))).toEqual([-1, 0, 1, 1, 2, 4]);
    expect([0, 1, 2, 3].map(offsetWriter("\ud83dé", "utf-8"))).toEqual([0, 3, 5, 6]);
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
