import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { languageOf, NO_LETTERS, UNDECIDED } from "./languages.ts";
import { lettersByScript, writingOf } from "./scripts.ts";

describe("the scripts of a text", () => {
  it("are those of the Unicode property of its letters", () => {
    expect(lettersByScript("Ann, 北京 и Αθήνα 3! 𝐀")).toEqual(
      new Map([
        ["Han", 2],
        ["Cyrillic", 1],
        ["Greek", 5],
        ["Latin", 3],
      ]),
    );
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 30 }), (text) => {
        const counted = lettersByScript(text);
        for (const script of ["Latin", "Cyrillic", "Han", "Arabic", "Thai"] as const) {
          const pattern = new RegExp(`(?=\\p{L})\\p{Script=${script}}`, "gu");
          expect(counted.get(script) ?? 0).toBe((text.match(pattern) ?? []).length);
        }
      }),
    );
  });

  it("are two writings only where a second one has a fifth of the letters", () => {
    expect(writingOf("漢字とかな")).toEqual({ main: "Japanese", second: undefined });
    expect(writingOf("漢字 only in part")).toEqual({ main: "Latin", second: undefined });
    expect(writingOf("Москва is big")).toEqual({ main: "Cyrillic", second: "Latin" });
    expect(writingOf("12:30 🎉")).toEqual({ main: undefined, second: undefined });
  });
});

describe("the language of a text", () => {
  it.each([
    ["en", "RT @ann: What a goal by our team, it was not even close"],
    ["de", "Das ist nicht der Anfang, aber wir haben noch Zeit"],
    ["fr", "Nous sommes dans la rue avec des amis pour le match"],
    ["es", "El presidente no quiere que los niños lo sepan"],
    ["it", "Questo è il gol della partita, non ci sono dubbi"],
    ["nl", "Het is niet de eerste keer dat wij dit zien"],
    ["pt", "Eu não sei o que você fez, mas isso é muito bom"],
    ["pl", "To nie jest tak, że już się kończy"],
    ["tr", "Bu çok güzel bir gün ama daha bitmedi"],
    ["ru", "Это было не так, как мы думали"],
    ["uk", "Це вже не так, як ми думали, але ще є час"],
    ["ja", "今日はいい天気ですね"],
    ["zh", "北京今天下雨"],
    ["ko", "오늘은 날씨가 좋네요"],
    ["ar", "هذا هو الكتاب الذي قرأت في المدرسة"],
    ["el", "Καλημέρα σε όλους"],
  ])("is %s for “%s”", (language, text) => {
    expect(languageOf(text)).toBe(language);
  });

  it("is undecided rather than guessed where only names and links are left", () => {
    expect(languageOf("Akron Summit Assault, St. Mary, NE, PA, US")).toBe(UNDECIDED);
    expect(languageOf("@the_one #and_of https://example.org/der/die")).toBe(UNDECIDED);
    expect(languageOf("12 🎉")).toBe(NO_LETTERS);
  });
});
