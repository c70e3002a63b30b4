import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitWords } from "./words.ts";

const texts = (text: string): string[] => splitWords(text).map((word) => word.text);

describe("splitWords", () => {
  it("cuts a post the way the tweet corpora are cut", () => {
    expect(
      texts("RT @AFP: #BREAKING UN says ceasefire agreed in Libya's Tripoli https://t.co/Z3neVBQ7vF."),
    ).toEqual([
      "RT",
      "@AFP",
      ":",
      "#",
      "BREAKING",
      "UN",
      "says",
      "ceasefire",
      "agreed",
      "in",
      "Libya",
      "'s",
      "Tripoli",
      "https://t.co/Z3neVBQ7vF",
      ".",
    ]);
    expect(texts("I don't know, it’s post-Katrina…")).toEqual([
      "I",
      "do",
      "n't",
      "know",
      ",",
      "it",
      "’s",
      "post-Katrina",
      "…",
    ]);
    expect(texts("at 7:30pm in the U.S. for $1,234.50!!")).toEqual([
      "at",
      "7:30",
      "pm",
      "in",
      "the",
      "U.S.",
      "for",
      "$",
      "1,234.50",
      "!!",
    ]);
    expect(texts("O'Neil mailed a.b@example.org &amp; left")).toEqual([
      "O'Neil",
      "mailed",
      "a.b@example.org",
      "&amp;",
      "left",
    ]);
  });

  it("keeps emoji sequences, flags and marked letters whole", () => {
    expect(texts("👨‍👩‍👧ok🇩🇪🇫🇷 ❤️👍🏽 e\u0301te\u0301 1️⃣")).toEqual([
      "👨‍👩‍👧",
      "ok",
      "🇩🇪",
      "🇫🇷",
      "❤️",
      "👍🏽",
      "e\u0301te\u0301",
      "1️⃣",
    ]);
  });

  it("cuts scripts without spaces into characters and leaves others whole", () => {
    expect(texts("東京 tower שלום!")).toEqual(["東", "京", "tower", "שלום", "!"]);
  });

  it("covers everything but white space, in order, with exact slices", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(..."ab'’s.@#-1,: \n\u0301\u200d👩🇩東é…/&;") }),
        (text) => {
          let at = 0;
          for (const word of splitWords(text)) {
            expect(text.slice(at, word.start)).toMatch(/^\s*$/);
            expect(text.slice(word.start, word.end)).toBe(word.text);
            expect(word.end).toBeGreaterThan(word.start);
            at = word.end;
          }
          expect(text.slice(at)).toMatch(/^\s*$/);
        },
      ),
    );
  });
});
