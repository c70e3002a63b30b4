import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MentionFinder } from "./find-mention.ts";

/** The first step's kind and the strings at its places. */
function found(text: string, mention: string) {
  const [step] = new MentionFinder(text).find(mention);
  return (
    step && {
      kind: step.kind,
      inside: step.insideWord,
      at: step.places.map(({ start, end }) => text.slice(start, end)),
    }
  );
}

describe("finding a mention in a text", () => {
  it.each([
    ["as written", "Ada met Bo", "Bo", "exact", "Bo"],
    ["in other capitals", "ADA met Bo", "Ada", "spelling", "ADA"],
    [
      "with an accent of two characters in the text",
      "in Cafe\u0301 Rio",
      "Café Rio",
      "spelling",
      "Cafe\u0301 Rio",
    ],
    [
      "with an accent of two characters in the mention",
      "in Café Rio",
      "Cafe\u0301 Rio",
      "spelling",
      "Café Rio",
    ],
    ["with typographic quotes", "at O\u2019Hare now", "O'Hare", "spelling", "O\u2019Hare"],
    [
      "with spaces that do not break",
      "New\u00a0York\u00a0City",
      "New York City",
      "spelling",
      "New\u00a0York\u00a0City",
    ],
    ["over a line break", "New\n  York", "New York", "spelling", "New\n  York"],
    ["in full width", "at ＳＯＮＹ", "Sony", "spelling", "ＳＯＮＹ"],
    ["with an emoji's variation selector", "I ❤\ufe0f Rio", "❤ Rio", "spelling", "❤\ufe0f Rio"],
    ["with Hangul in pieces", "in 서울 today", "서울".normalize("NFD"), "spelling", "서울"],
    ["with spaces that tokenising added", "Libya 's coast", "Libya's", "spacing", "Libya 's"],
    ["without spaces, as in a hashtag", "see #NewYork", "New York", "spacing", "NewYork"],
    ["in quotes", "Ada met Bo", "“Bo”", "trimmed", "Bo"],
    ["with a full stop and half of an emoji", "Ada met Bo", "Bo. \ud83d", "trimmed", "Bo"],
    ["with a full stop that the text sets apart", "he left the UK .", "UK.", "trimmed", "UK"],
    ["with stops inside that the text sets apart", "R . I . news", "R.I.", "spacing", "R . I ."],
    ["with a # that the text lacks", "in Rio today", "#Rio", "trimmed", "Rio"],
  ])("finds it %s", (_, text, mention, kind, at) => {
    expect(found(text, mention)).toEqual({ kind, inside: false, at: [at] });
  });

  it("prefers whole words, and says so when there are none", () => {
    expect(found("USA and US", "US")).toEqual({ kind: "exact", inside: false, at: ["US"] });
    expect(found("#teamUSA", "USA")).toEqual({ kind: "exact", inside: true, at: ["USA"] });
  });

  it.each([
    ["half of an emoji", "nice 😀", "\ud83d"],
    ["an emoji without its skin tone", "nice 👍🏽", "👍"],
    ["a letter without its accent", "Ame\u0301", "e"],
    ["nothing", "Ada", "  "],
    ["another name", "Ada met Bo", "Cy"],
    ["a similar name", "Ada met Bo", "Adda"],
  ])("does not find %s", (_, text, mention) => {
    expect(found(text, mention)).toBeUndefined();
  });

  it("finds every piece of a text that begins and ends between words, whatever is in it, exactly where it is", () => {
    const word = fc.oneof(
      fc.constantFrom(
        "Ada",
        "Café",
        "cafe\u0301",
        "O’Hare",
        "👍🏽",
        "👨‍👩‍👧",
        "서울",
        "東京",
        "U.S.",
        "İzmir",
        "ﬁn",
        "#tag",
        "…",
      ),
      fc
        .string({ unit: "grapheme", minLength: 1, maxLength: 6 })
        .filter((one) => one.trim() === one && one !== ""),
    );
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 12 }), fc.nat(), fc.nat(), (words, a, b) => {
        const text = words.join(" ");
        const from = a % words.length;
        const to = from + 1 + (b % (words.length - from));
        const mention = words.slice(from, to).join(" ");
        const start = words.slice(0, from).join(" ").length + (from > 0 ? 1 : 0);
        const places = new MentionFinder(text)
          .find(mention)
          .filter(({ kind }) => kind === "exact")
          .flatMap((step) => step.places);
        const overlapping = places.filter(
          (place) => place.start < start + mention.length && start < place.end,
        );
        expect(overlapping.length).toBeGreaterThan(0);
        expect(places.every((place) => text.slice(place.start, place.end) === mention)).toBe(true);
      }),
    );
  });
});
