// Finds spans in any text: the pure part of extraction, tested on arbitrary Unicode and arbitrary tag scores.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { atOnce } from "../base/turns.ts";
import { loadTokenizer } from "../encoders/tokenizing/load-tokenizer.ts";
import { TextTokenizer } from "../encoders/tokenizing/tokenizer.ts";
import { bertDefinition } from "../encoders/tokenizing/vocabulary-files.ts";
import type { Decoding } from "../extractors/entity/scores.ts";
import { mergeWindows } from "../extractors/entity/windows.ts";
import { TagScheme } from "../models/tagging/tag-scheme.ts";
import { entitiesOfText, type WindowedText, windowedText, wordsOfText } from "./find-entities.ts";

const VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "ada", "##m", "met", "bo", "in", "rome", "a", "##a"];
const invented = new TextTokenizer(bertDefinition(`${VOCABULARY.join("\n")}\n`, {}));
const vocabularies = resolve(process.env.RELATA_SHARED ?? "../shared", "data/vocab");
const published = ["bert-base-uncased", "roberta"].filter((name) => existsSync(join(vocabularies, name)));
if (published.length === 0) console.warn(`extract: skipped published vocabularies, none in ${vocabularies}`);
const tokenizers: readonly (readonly [string, TextTokenizer])[] = [
  ["invented vocabulary", invented],
  ...(await Promise.all(
    published.map(async (name) => [name, await loadTokenizer(join(vocabularies, name))] as const),
  )),
];

function entitiesOf({ words, windows }: WindowedText, emissions: readonly Float32Array[], how: Decoding) {
  if (windows.length === 0) return [];
  return atOnce(entitiesOfText(words, mergeWindows(windows, emissions, how.scheme.tags.length), how));
}

const anyText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "Ada",
        "Bo",
        " ",
        "\n",
        "\t",
        ".",
        "#x",
        "👨‍👩‍👧",
        "🇩🇪",
        "❤️",
        "e\u0301",
        "\u200d",
        "\u200b",
      ),
      fc.constantFrom("שלום", "\u202e", "東京", "𠮷", "\ud83d", "\udc00", "[SEP]", "ﷺ", "\u0000"),
      fc.nat(40).map((length) => "a".repeat(length)),
      fc.string({ unit: "binary", maxLength: 10 }),
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(""));
const anyCase = fc.record({
  text: anyText,
  maxLength: fc.integer({ min: 3, max: 20 }),
  overlap: fc.nat(8),
  scheme: fc.constantFrom(new TagScheme(["PER", "LOC"], "x"), new TagScheme(["PER", "LOC"], "inside")),
  constrained: fc.boolean(),
  scores: fc.infiniteStream(fc.float({ min: -4, max: 4, noNaN: true })),
});

describe.each(tokenizers)("entitiesOfText with %s", (_, tokenizer) => {
  it("gives spans that are runs of whole words of exactly the text, in order, whatever the scores", () => {
    fc.assert(
      fc.property(anyCase, ({ text, maxLength, overlap, scheme, constrained, scores }) => {
        const words = atOnce(wordsOfText(text, undefined));
        const windowed = atOnce(windowedText(tokenizer, words, { maxLength, overlap }));
        const size = scheme.tags.length;
        const draw = (length: number) =>
          Float32Array.from({ length }, () => scores.next().value ?? Number.NaN);
        const emissions = windowed.windows.map(({ ids }) => draw(ids.length * size));
        const chain = { start: draw(size), end: draw(size), transitions: draw(size * size) };
        const found = entitiesOf(windowed, emissions, { scheme, chain, constrained });
        let last = 0;
        for (const { start, end, label, probability } of found) {
          expect(start).toBeGreaterThanOrEqual(last);
          expect(end).toBeGreaterThan(start);
          expect(end).toBeLessThanOrEqual(text.length);
          last = end;
          const inside = words.filter((word) => word.start >= start && word.end <= end);
          expect([inside[0]?.start, inside.at(-1)?.end]).toEqual([start, end]);
          for (const word of inside) expect(text.slice(word.start, word.end)).toBe(word.text);
          for (const edge of [start, end]) expect(splitsPair(text, edge)).toBe(false);
          expect(["PER", "LOC"]).toContain(label);
          expect(probability).toBeGreaterThanOrEqual(0);
          expect(probability).toBeLessThanOrEqual(1 + 1e-6);
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe("entitiesOfText", () => {
  it("finds what the tags say, across windows and around words without tokens", () => {
    const text = "Adam\u200b  \ufe0f met Bo in Rome";
    const words = atOnce(wordsOfText(text, undefined));
    const windowed = atOnce(windowedText(invented, words, { maxLength: 5, overlap: 0 }));
    expect(windowed.windows.length).toBeGreaterThan(1);
    const scheme = new TagScheme(["PER", "LOC"], "inside");
    const wanted: Readonly<Record<string, number>> = { ada: 1, "##m": 2, bo: 1, rome: 3 };
    const emissions = windowed.windows.map(({ ids }) =>
      Float32Array.from(
        ids.flatMap((id) => scheme.tags.map((_, tag) => (tag === (wanted[VOCABULARY[id]!] ?? 0) ? 9 : 0))),
      ),
    );
    const zeros = (length: number) => new Float32Array(length);
    const chain = { start: zeros(5), end: zeros(5), transitions: zeros(25) };
    const found = entitiesOf(windowed, emissions, { scheme, chain, constrained: true });
    expect(found.map(({ start, end, label }) => [text.slice(start, end), label])).toEqual([
      ["Adam", "PER"],
      ["Bo", "PER"],
      ["Rome", "LOC"],
    ]);
    expect(found[1]!.probability).toBeGreaterThan(0.99);
  });

  it("has nothing to read in a text without tokens", () => {
    for (const text of ["", " \n", "\u200b\ufe0f"]) {
      const windowed = atOnce(
        windowedText(invented, atOnce(wordsOfText(text, undefined)), { maxLength: 8, overlap: 2 }),
      );
      expect(windowed.windows).toEqual([]);
    }
  });

  it("keeps to the words that a data set gives", () => {
    expect(atOnce(wordsOfText("New York", [{ start: 0, end: 8 }]))).toEqual([
      { text: "New York", start: 0, end: 8 },
    ]);
  });
});

function splitsPair(text: string, at: number): boolean {
  return /^[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(at - 1, at + 1)) && at > 0;
}
