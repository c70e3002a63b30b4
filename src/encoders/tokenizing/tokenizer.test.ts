// The tokenizer on vocabularies small enough to work out by hand.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EncoderError } from "../../base/errors.ts";
import { TextTokenizer } from "./tokenizer.ts";
import { bertDefinition, robertaDefinition } from "./vocabulary-files.ts";

const VOCABULARY = [
  "[PAD]",
  "[UNK]",
  "[CLS]",
  "[SEP]",
  "[MASK]",
  "da",
  "##vid",
  "bow",
  "##ie",
  "in",
  "london",
  ".",
  "e",
];
const bert = new TextTokenizer(bertDefinition(`${VOCABULARY.join("\n")}\n`, {}));

describe("TextTokenizer", () => {
  it("gives every token its word and its range in the words joined by one space", () => {
    const encoding = bert.encodeWords(["David", "Bowie", "in", "London."]);
    expect(encoding.ids).toEqual([2, 5, 6, 7, 8, 9, 10, 11, 3]);
    expect(encoding.wordIndex).toEqual([-1, 0, 0, 1, 1, 2, 3, 3, -1]);
    const text = "David Bowie in London.";
    const surfaces = encoding.offsets.map(([start, end]) => text.slice(start, end));
    expect(surfaces).toEqual(["", "Da", "vid", "Bow", "ie", "in", "London", ".", ""]);
    expect(encoding.truncated).toBeUndefined();
  });

  it("takes words with offsets into the original text, whatever lies between them", () => {
    const { words, offsets } = bert.encodeText("\u{1F600}\n  David… in");
    expect(words.map((word) => word.text)).toEqual(["\u{1F600}", "David", "…", "in"]);
    expect(offsets).toEqual([
      [0, 0],
      [0, 2],
      [5, 7],
      [7, 10],
      [10, 11],
      [12, 14],
      [0, 0],
    ]);
  });

  it("counts unknown tokens and names words that yield none", () => {
    const encoding = bert.encodeWords(["David", "\u200b", "xyz", ""]);
    expect(encoding.unknown).toBe(1);
    expect(encoding.emptyWords).toEqual([1, 3]);
  });

  it("reads a spelled-out special token as that token only when asked to", () => {
    expect(bert.encodeWord("[MASK]").map((s) => s.id)).toEqual([4]);
    const plain = new TextTokenizer(bertDefinition(VOCABULARY.join("\n"), {}), {
      specialTokensInText: false,
    });
    expect(plain.encodeWord("[MASK]").map((s) => s.id)).toEqual([1, 1, 1]);
  });

  it("refuses over-long input unless cutting is allowed, then cuts between words and says how much", () => {
    const words = ["David", "Bowie", "in", "London"];
    expect(() => bert.encodeWords(words, { maxLength: 7 })).toThrow(EncoderError);
    expect(() => bert.encodeWords(words, { maxLength: 7 })).toThrow(
      "has 8 tokens, special tokens included; the limit is 7",
    );
    const cut = bert.encodeWords(words, { maxLength: 5, overlong: "truncate" });
    expect(cut.ids).toEqual([2, 5, 6, 3]);
    expect(cut.truncated).toEqual({ words: 3, tokens: 4 });
  });

  it("refuses a word whose range has not the length of its text", () => {
    expect(() => bert.encodeWords([{ text: "in", start: 0, end: 3 }])).toThrow("range [0, 3) has 3");
  });

  it("sets a space before every word for byte-level BPE", () => {
    const vocabulary = { "<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, a: 4, Ġ: 5, Ġa: 6, b: 7 };
    const roberta = new TextTokenizer(robertaDefinition(vocabulary, "#version: 0.2\nĠ a\n", {}));
    const encoding = roberta.encodeWords(["ab", "ba"]);
    expect(encoding.ids).toEqual([0, 6, 7, 5, 7, 4, 2]);
    expect(encoding.offsets.slice(1, -1)).toEqual([
      [0, 1],
      [1, 2],
      [3, 3],
      [3, 4],
      [4, 5],
    ]);
  });

  it("keeps every token's range inside its word, for any text", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" }), { maxLength: 6 }), (words) => {
        const { ids, wordIndex, offsets } = bert.encodeWords(words);
        expect(wordIndex.length).toBe(ids.length);
        let starts = 0;
        const ranges = words.map((word) => {
          const range = [starts, starts + word.length] as const;
          starts += word.length + 1;
          return range;
        });
        for (const [i, word] of wordIndex.entries()) {
          if (word < 0) continue;
          const [start, end] = offsets[i] ?? [-1, -1];
          expect(start).toBeGreaterThanOrEqual(ranges[word]?.[0] ?? 0);
          expect(end).toBeGreaterThan(start);
          expect(end).toBeLessThanOrEqual(ranges[word]?.[1] ?? 0);
        }
      }),
    );
  });
});
