import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { locateMentions } from "./mentions.ts";

/** The words that the spans cut out of the text. */
function words(text: string, mentions: readonly string[]): readonly string[] | undefined {
  return locateMentions(text, mentions)?.map(({ start, end }) => text.slice(start, end));
}

describe("locateMentions", () => {
  test("finds whole words in any case and gives them as the text has them", () => {
    expect(words("ADA met bo in Rome.", ["Ada", "Bo"])).toEqual(["ADA", "bo"]);
    expect(locateMentions("Bologna and Bo", ["Bo"])).toEqual([{ start: 12, end: 14 }]);
    expect(words("Bologna", ["Bo"])).toBeUndefined();
    expect(words("Bo_2 and Bo2", ["Bo"])).toBeUndefined();
  });

  test("finds accents however they are encoded, with exact spans in the text as it came", () => {
    const decomposed = "Zoe\u0308 and Ada"; // e and a combining diaeresis
    expect(locateMentions(decomposed, ["Zo\u00eb", "Ada"])).toEqual([
      { start: 0, end: 4 },
      { start: 9, end: 12 },
    ]);
    expect(words("Zo\u00eb", ["Zoe"])).toBeUndefined(); // another name
    expect(words("ÖSTERREICH wins", ["Österreich"])).toEqual(["ÖSTERREICH"]);
    expect(words("O\u2019Hara waves", ["O'Hara"])).toEqual(["O\u2019Hara"]);
  });

  test("takes any white space between words, and none beside punctuation", () => {
    expect(words("at New\n York", ["New York"])).toEqual(["New\n York"]);
    expect(words("NewYork", ["New York"])).toBeUndefined();
    expect(words("1. FC Union plays", ["1 . FC Union"])).toEqual(["1. FC Union"]);
    expect(words("see #Talstad now", ["#Talstad"])).toEqual(["#Talstad"]);
  });

  test("finds both of two mentions that overlap, and a place of its own for each where there is one", () => {
    expect(words("The New York Times", ["New York", "New York Times"])).toEqual([
      "New York",
      "New York Times",
    ]);
    expect(locateMentions("New York Times of York", ["York", "New York Times"])).toEqual([
      { start: 18, end: 22 },
      { start: 0, end: 14 },
    ]);
    expect(words("Bo met Ada", ["Bo", "Bo"])).toBeUndefined(); // two mentions need two places
    expect(locateMentions("Bo met Bo", ["Bo", "Bo"])?.map(({ start }) => start)).toEqual([0, 7]);
  });

  test("needs no boundary in scripts without spaces", () => {
    expect(words("她在東京都工作", ["東京"])).toEqual(["東京"]);
  });

  test("takes characters of patterns as they are", () => {
    expect(words("the C++ (new) group [x]", ["C++", "(new)", "[x]"])).toEqual(["C++", "(new)", "[x]"]);
    expect(words("anything", [".*"])).toBeUndefined();
  });

  test("finds every word of a text again, wherever it stands", () => {
    const word = fc.stringMatching(/^[\p{L}\p{N}]{1,8}$/u);
    fc.assert(
      fc.property(fc.uniqueArray(word, { minLength: 1, maxLength: 6 }), fc.nat(), (list, pick) => {
        const mention = list[pick % list.length] ?? "";
        const span = locateMentions(list.join(" "), [mention])?.[0];
        const found = list.join(" ").slice(span?.start, span?.end);
        return found.normalize("NFC").toLowerCase() === mention.normalize("NFC").toLowerCase();
      }),
    );
  });
});
