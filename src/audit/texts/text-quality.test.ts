import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { auditedBy } from "../testing/audited-by.ts";
import { contentWords, mojibakeIn } from "./damage.ts";
import { textQuality } from "./text-quality.ts";

/** What a reader of Windows-1252 makes of UTF-8 bytes. */
const misread = (text: string) => new TextDecoder("windows-1252").decode(new TextEncoder().encode(text));

describe("text in a wrong encoding", () => {
  it("is found wherever accents, marks, emoji or other scripts were misread", () => {
    for (const text of ["café", "naïve São Paulo", "“quoted”", "it’s", "party 🎉", "Москва", "東京", "5 €"])
      expect(mojibakeIn(misread(text)), text).toBeDefined();
    const accented = fc.string({
      unit: fc.constantFrom(..."éèüöäßñçåøâîûëïÉÖÄÜ"),
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(accented, (letters) => {
        expect(mojibakeIn(`a ${misread(letters)} b`)?.meant).toBe(letters);
      }),
    );
  });

  it("is not seen in ordinary text", () => {
    for (const text of [
      "café",
      "“CAFÉ”",
      "ÉTÉ’",
      "Ünal Ö.",
      "Mañana…",
      "ÄÖÜäöüß",
      "©® 2020 ½",
      "Ελλάδα",
      "東京🎉",
      "À Ã Â",
    ])
      expect(mojibakeIn(text), text).toBeUndefined();
    const ordinary = fc.string({ unit: fc.constantFrom(..."éèüöäßñçåøâîûëïÉÖÄÜ aeiou,.’”“"), maxLength: 20 });
    let found = 0;
    fc.assert(
      fc.property(ordinary, (text) => {
        if (mojibakeIn(text) !== undefined) found++;
      }),
      { numRuns: 500 },
    );
    expect(found).toBeLessThan(5); // even in random strings of such letters
  });
});

it("counts words besides links and names, and characters where scripts have no spaces", () => {
  expect(contentWords("RT @ann: #news https://example.org/a-b-c")).toBe(0);
  expect(contentWords("RT @ann: it's a well-known goal #news")).toBe(4);
  expect(contentWords("今日はいい")).toBe(5);
});

describe("the quality of texts", () => {
  it("is found by split, with the share, and other languages and scripts against the rest", async () => {
    const texts = [
      ...Array<string>(16).fill("This is what we have seen in the city"),
      "Das ist nicht der Anfang, aber wir haben noch Zeit",
      "Это было не так, как мы думали",
      "A lost \ufffd letter and more of it",
      `At the ${misread("café")} again`,
      "@ann https://example.org",
    ];
    const found = await auditedBy(
      textQuality,
      texts.map((text) => ({ split: "train", document: { text } })),
    );
    const shown = Object.fromEntries(
      found.map(({ code, strength, rows }) => [code, [Math.round(strength * 21), rows[0]?.row]]),
    );
    expect(shown).toEqual({
      "text/near-empty": [1, 21],
      "text/mojibake": [1, 20],
      "text/replacement-character": [1, 19],
      "text/other-script": [1, 18],
      "text/other-language": [2, 17],
    });
  });
});
