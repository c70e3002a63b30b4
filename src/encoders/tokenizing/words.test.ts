import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { atOnce } from "../../base/turns.ts";
import { cutLongWords, MAX_WORD_LENGTH, splitWords, wordSplitter } from "./words.ts";

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

describe("cutLongWords", () => {
  it("leaves ordinary words alone, and cuts a longer one into parts that make it up, between characters", () => {
    const ordinary = splitWords("a text of ordinary words");
    expect(cutLongWords(ordinary)).toBe(ordinary);
    const text = `b ${"x".repeat(MAX_WORD_LENGTH - 1)}${"😀".repeat(MAX_WORD_LENGTH)} c`;
    const [first, long, last] = text.split(" ");
    const words = [
      { text: first!, start: 0, end: 1 },
      { text: long!, start: 2, end: 2 + long!.length },
      { text: last!, start: text.length - 1, end: text.length },
    ];
    const parts = cutLongWords(words);
    expect(
      parts
        .map((part) => part.text)
        .join(" ")
        .replaceAll(" ", ""),
    ).toBe(text.replaceAll(" ", ""));
    for (const { text: part, start, end } of parts) {
      expect(text.slice(start, end)).toBe(part);
      expect(part.length).toBeLessThanOrEqual(MAX_WORD_LENGTH);
      expect(part).not.toMatch(/^[\udc00-\udfff]/);
    }
  });

  it("keeps a text without spaces in parts", () => {
    const words = splitWords(`${"a".repeat(5000)} ${"+a".repeat(3000)}`);
    expect(words.slice(0, 5).map(({ text }) => text.length)).toEqual([1000, 1000, 1000, 1000, 1000]);
    expect(words.length).toBe(5 + 6000);
  });
});

describe("a tokenizer's own tokens", () => {
  const split = wordSplitter(["<user>", "[MENTION]", "<user>:", "@USER", "two words"]);
  const words = (text: string) => atOnce(split(text)).map((word) => word.text);

  it("stay whole where they are spelled, the longest first", () => {
    expect(words("hi <user>, [MENTION]!!! <user>: @USER two words")).toEqual([
      ...["hi", "<user>", ",", "[MENTION]", "!!!", "<user>:", "@USER", "two", "words"],
    ]);
  });

  it("change nothing in other texts", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        fc.pre(!/<user>|\[mention\]/i.test(text));
        expect(atOnce(split(text))).toEqual(splitWords(text));
      }),
    );
  });
});
