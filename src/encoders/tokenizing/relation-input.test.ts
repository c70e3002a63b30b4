import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { atOnce } from "../../base/turns.ts";
import { entityMarkers } from "./markers.ts";
import { MentionText, relationInput, type WordSpan } from "./relation-input.ts";
import { TextTokenizer } from "./tokenizer.ts";
import { bertDefinition } from "./vocabulary-files.ts";

// One token per letter; "ab" is two tokens.
const LETTERS = "abcdefghij";
const VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[unused1]"];
for (const letter of LETTERS) VOCABULARY.push(letter, `##${letter}`);
const tokenizer = new TextTokenizer(bertDefinition(VOCABULARY.join("\n"), {}));
const markers = entityMarkers(tokenizer);
const NAMES = new Map([
  [2, "CLS"],
  [3, "SEP"],
  [1, "UNK"],
  [markers.headStart, "<h>"],
  [markers.headEnd, "</h>"],
  [markers.tailStart, "<t>"],
  [markers.tailEnd, "</t>"],
]);

function show(ids: readonly number[]): string {
  return ids.map((id) => NAMES.get(id) ?? VOCABULARY[id]?.replace("##", "+")).join(" ");
}

function encode(text: string, head: WordSpan, tail: WordSpan, maxLength?: number) {
  const options = maxLength === undefined ? {} : { maxLength, overlong: "truncate" as const };
  return relationInput(tokenizer, markers, text.split(" "), head, tail, options);
}

describe("entityMarkers", () => {
  it("appends rows after the last embedding row for markers that the vocabulary lacks", () => {
    expect(markers.addedTokens.map((token) => token.id)).toEqual([26, 27, 28, 29]);
    expect(markers.embeddingRows).toBe(30);
    const padded = entityMarkers(tokenizer, { embeddingRows: 32 });
    expect([padded.headStart, padded.tailEnd, padded.embeddingRows]).toEqual([32, 35, 36]);
  });

  it("uses tokens that the vocabulary has", () => {
    const tokens = { headStart: "[unused1]", headEnd: "</h>", tailStart: "<t>", tailEnd: "</t>" };
    const mixed = entityMarkers(tokenizer, { tokens });
    expect(mixed.headStart).toBe(5);
    expect(mixed.addedTokens.map((token) => token.content)).toEqual(["</h>", "<t>", "</t>"]);
  });

  it("refuses equal markers and too few rows", () => {
    const tokens = { headStart: "<e>", headEnd: "</e>", tailStart: "<e>", tailEnd: "</e>" };
    expect(() => entityMarkers(tokenizer, { tokens })).toThrow("are the same");
    expect(() => entityMarkers(tokenizer, { embeddingRows: 10 })).toThrow("10 rows");
  });
});

describe("relationInput", () => {
  it("sets markers around both mentions and gives the token ranges inside them", () => {
    const input = encode("a bc d ef", [1, 2], [3, 4]);
    expect(show(input.ids)).toBe("CLS a <h> b +c </h> d <t> e +f </t> SEP");
    expect([input.headSpan, input.tailSpan, input.length]).toEqual([[3, 5], [8, 10], 12]);
    expect(input.truncated).toBeUndefined();
    expect(show(encode("a bc d ef", [3, 4], [1, 2]).ids)).toBe("CLS a <t> b +c </t> d <h> e +f </h> SEP");
  });

  it("nests and crosses markers without losing one", () => {
    expect(show(encode("a b c", [0, 3], [1, 2]).ids)).toBe("CLS <h> a <t> b </t> c </h> SEP");
    expect(show(encode("a b c", [0, 3], [0, 1]).ids)).toBe("CLS <h> <t> a </t> b c </h> SEP");
    expect(show(encode("a b c", [0, 1], [0, 3]).ids)).toBe("CLS <t> <h> a </h> b c </t> SEP");
    expect(show(encode("a b c", [2, 3], [0, 3]).ids)).toBe("CLS <t> a b <h> c </h> </t> SEP");
    expect(show(encode("a b c", [0, 2], [1, 3]).ids)).toBe("CLS <h> a <t> b </h> c </t> SEP");
    expect(show(encode("a b c", [0, 1], [1, 2]).ids)).toBe("CLS <h> a </h> <t> b </t> c SEP");
    expect(show(encode("a b", [0, 1], [0, 1]).ids)).toBe("CLS <h> <t> a </t> </h> b SEP");
    expect(encode("a b c", [0, 3], [1, 2]).headSpan).toEqual([2, 7]);
  });

  it("never reads a marker from the text", () => {
    const ids = relationInput(tokenizer, markers, ["[E1]", "a"], [0, 1], [1, 2]).ids;
    expect(ids.filter((id) => id === markers.headStart)).toHaveLength(1);
  });

  it("refuses over-long input unless cutting is allowed", () => {
    const words = ["a", "b", "c"];
    const options = { maxLength: 8 };
    expect(() => relationInput(tokenizer, markers, words, [0, 1], [1, 2], options)).toThrow("has 9 tokens");
  });

  it("cuts to a window around both mentions, words between them first, and reports what went", () => {
    // 6 tokens are special or markers; the mentions take 2.
    const near = encode("a b c d e f g h i j", [2, 3], [5, 6], 12);
    expect(show(near.ids)).toBe("CLS b <h> c </h> d e <t> f </t> g SEP");
    expect(near.truncated).toEqual({ wordsBefore: 1, wordsBetween: 0, wordsAfter: 3, tokens: 4 });
    const far = encode("a b c d e f g h i j", [1, 2], [8, 9], 11);
    expect(show(far.ids)).toBe("CLS <h> b </h> c d h <t> i </t> SEP");
    expect(far.truncated).toEqual({ wordsBefore: 1, wordsBetween: 3, wordsAfter: 1, tokens: 5 });
    expect(far.wordIndex).toEqual([-1, -1, 1, -1, 2, 3, 7, -1, 8, -1, -1]);
  });

  it("refuses mentions that do not fit by themselves", () => {
    expect(() => encode("abcd e f", [0, 1], [1, 2], 10)).toThrow("have 11 tokens; the limit is 10");
    expect(show(encode("abcd e f", [0, 1], [1, 2], 11).ids)).toBe("CLS <h> a +b +c +d </h> <t> e </t> SEP");
  });

  it("refuses spans that are not ranges of words, and mentions without a token", () => {
    expect(() => encode("a b", [1, 1], [0, 1])).toThrow("[1, 1) is not a range of the 2 words");
    expect(() => encode("a b", [0, 1], [1, 3])).toThrow("the tail [1, 3)");
    const words = ["a", "\u200b"];
    expect(() => relationInput(tokenizer, markers, words, [0, 1], [1, 2])).toThrow("the tail");
    const filled = relationInput(tokenizer, markers, words, [0, 1], [1, 2], {
      emptyMention: "unknown-token",
    });
    expect(show(filled.ids)).toBe("CLS <h> a </h> <t> UNK </t> SEP");
    expect(filled.unknown).toBe(1);
  });

  it("keeps both mentions whole and accounts for every word, for any spans and length", () => {
    const span = fc
      .tuple(fc.nat(9), fc.nat(9))
      .map(([a, b]) => [Math.min(a, b), Math.max(a, b) + 1] as const);
    fc.assert(
      fc.property(span, span, fc.integer({ min: 8, max: 24 }), (head, tail, maxLength) => {
        const words = [...LETTERS];
        const mentioned = words.filter(
          (_, i) => (i >= head[0] && i < head[1]) || (i >= tail[0] && i < tail[1]),
        );
        fc.pre(mentioned.length + 6 <= maxLength);
        const input = relationInput(tokenizer, markers, words, head, tail, {
          maxLength,
          overlong: "truncate",
        });
        expect(input.length).toBeLessThanOrEqual(maxLength);
        expect(input.length).toBe(Math.min(maxLength, words.length + 6));
        for (const [range, mention] of [[input.headSpan, head] as const, [input.tailSpan, tail] as const]) {
          const inside = input.wordIndex.slice(range[0], range[1]).filter((word) => word >= 0);
          const expected = words.map((_, i) => i).filter((i) => i >= mention[0] && i < mention[1]);
          expect(inside).toEqual(expected);
        }
        const cut = input.truncated;
        const left = (cut?.wordsBefore ?? 0) + (cut?.wordsBetween ?? 0) + (cut?.wordsAfter ?? 0);
        expect(new Set(input.wordIndex.filter((word) => word >= 0)).size + left).toBe(words.length);
      }),
    );
  });
});

describe("MentionText.unmarked", () => {
  const read = (text: string) => atOnce(MentionText.read(tokenizer, markers, text.split(" ")));

  it("gives the text's own tokens, the same array for all pairs, and the mentions' places in them", () => {
    const text = read("ab c de f");
    const first = text.unmarked([0, 1], [2, 3]);
    const second = text.unmarked([3, 4], [0, 2]);
    expect(show(first.ids)).toBe("CLS a +b c d +e f SEP");
    expect([first.headSpan, first.tailSpan, first.length]).toEqual([[1, 3], [4, 6], 8]);
    expect([second.headSpan, second.tailSpan]).toEqual([
      [6, 7],
      [1, 4],
    ]);
    expect(second.ids).toBe(first.ids);
  });

  it("keeps both mentions of a text that is too long, as relationInput does with markers", () => {
    const words = "a b c d e f g h i j".split(" ");
    const options = { maxLength: 6, overlong: "truncate" as const };
    const short = read(words.join(" ")).unmarked([1, 2], [8, 9], options);
    expect(show(short.ids)).toBe("CLS b c h i SEP");
    expect([short.headSpan, short.tailSpan]).toEqual([
      [1, 2],
      [4, 5],
    ]);
    expect(short.truncated).toEqual({ wordsBefore: 1, wordsBetween: 4, wordsAfter: 1, tokens: 6 });
    expect(() => read(words.join(" ")).unmarked([0, 5], [5, 10], options)).toThrow("the limit is 6");
  });

  it("lets pairs of a text that is too long share windows, with room around them", () => {
    const text = read("a b c d e f g h i j");
    const options = { maxLength: 6, overlong: "truncate" as const }; // windows of four words: abcd, cdef, efgh, ghij
    const first = text.unmarked([4, 5], [5, 6], options);
    const second = text.unmarked([5, 6], [4, 5], options);
    expect(show(first.ids)).toBe("CLS c d e f SEP");
    expect(second.ids).toBe(first.ids);
    expect([second.headSpan, second.tailSpan]).toEqual([
      [4, 5],
      [3, 4],
    ]);
    expect(first.truncated).toEqual({ wordsBefore: 2, wordsBetween: 0, wordsAfter: 4, tokens: 6 });
    expect(show(text.unmarked([5, 6], [6, 7], options).ids)).toBe("CLS e f g h SEP");
  });

  it("marks a mention without tokens by the unknown token, for its own pair only", () => {
    const text = read("a \u0001 b c");
    const options = { emptyMention: "unknown-token" as const };
    const empty = text.unmarked([1, 2], [0, 1], options);
    expect(show(empty.ids)).toBe("CLS a UNK b c SEP");
    expect(empty.headSpan).toEqual([2, 3]);
    expect(show(text.unmarked([0, 1], [2, 3], options).ids)).toBe("CLS a b c SEP");
  });
});
