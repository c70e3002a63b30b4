// Windows over small and published vocabularies; some expected rows are worked out by hand, the other tests check properties on any Unicode.
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConfigError } from "../../base/errors.ts";
import { loadTokenizer } from "../../encoders/tokenizing/load-tokenizer.ts";
import { NO_WORD, type TextTokenizer } from "../../encoders/tokenizing/tokenizer.ts";
import { splitWords } from "../../encoders/tokenizing/words.ts";
import { mergeWindows, type PlacedWindow, textWindows } from "./windows.ts";

const VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "da", "##vid", "bow", "##ie", "##a", "in", "a", "b"];
const vocabularies = resolve(process.env.RELATA_SHARED ?? "../shared", "data/vocab");
const PUBLISHED = ["bert-base-uncased", "roberta", "clip"].filter((name) =>
  existsSync(join(vocabularies, name)),
);

const tokenizers: readonly (readonly [string, TextTokenizer])[] = [
  ["invented vocabulary", await inventedTokenizer()],
  ...(await Promise.all(
    PUBLISHED.map(async (name) => [name, await loadTokenizer(join(vocabularies, name))] as const),
  )),
];
const bert = tokenizers[0]![1];

async function inventedTokenizer(): Promise<TextTokenizer> {
  const folder = await mkdtemp(join(tmpdir(), "windows-"));
  await writeFile(join(folder, "vocab.txt"), `${VOCABULARY.join("\n")}\n`);
  const tokenizer = await loadTokenizer(folder);
  await rm(folder, { recursive: true });
  return tokenizer;
}

/** Posts with text that breaks tokenizers: emoji sequences, marks, lone surrogates, right-to-left, zero-width, control and huge words. */
const anyText = fc
  .array(
    fc.oneof(
      fc.constantFrom("David", "Bowie", "in", "a", "b", " ", "\n", "\t ", ".", "#", "@ab"),
      fc.constantFrom("👨‍👩‍👧", "❤️", "🇩🇪", "e\u0301", "\u0301", "\u200d", "\u200b", "\ufeff", "\u0000"),
      fc.constantFrom("שלום", "\u202e", "東京", "𠮷", "\ud83d", "\udc00", "ﷺ", "İ", "[SEP]", "</s>"),
      fc.nat(60).map((length) => "a".repeat(length)),
      fc.string({ unit: "binary", maxLength: 12 }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(""));
const anyOptions = fc.record({ maxLength: fc.integer({ min: 3, max: 24 }), overlap: fc.nat(30) });

/** All tokens of a text, without the special ones. */
function allTokens(tokenizer: TextTokenizer, text: string): (readonly [id: number, word: number])[] {
  return splitWords(text).flatMap((word, i) =>
    tokenizer.encodeWord(word.text).map(({ id }) => [id, i] as const),
  );
}

/** Subwords of a window with their words. */
function tokensOf({ ids, wordIndex }: PlacedWindow): (readonly [id: number, word: number])[] {
  return ids.flatMap((id, i) => (wordIndex[i] === NO_WORD ? [] : [[id, wordIndex[i]!] as const]));
}

if (PUBLISHED.length === 0) console.warn(`windows: skipped published vocabularies, none in ${vocabularies}`);

describe.each(tokenizers)("textWindows with %s", (_, tokenizer) => {
  it("covers every token in order, within the length, and gives one window to what fits", () => {
    fc.assert(
      fc.property(anyText, anyOptions, (text, options) => {
        const windows = textWindows(tokenizer, splitWords(text), options);
        const all = allTokens(tokenizer, text);
        const room = options.maxLength - 2;
        if (all.length <= room) expect(windows).toHaveLength(1);
        let covered = 0;
        windows.forEach((window, i) => {
          const own = tokensOf(window);
          expect(window.ids.length).toBeLessThanOrEqual(options.maxLength);
          expect(window.ids).toHaveLength(window.wordIndex.length);
          expect(own).toEqual(all.slice(window.start, window.start + own.length));
          expect(window.start).toBeLessThanOrEqual(covered);
          if (i > 0) {
            expect(covered - window.start).toBeLessThanOrEqual(Math.min(options.overlap, room / 2));
            expect(window.start + own.length).toBeGreaterThan(covered);
          }
          covered = window.start + own.length;
        });
        expect(covered).toBe(all.length);
      }),
    );
  });

  it("cuts inside a word only where the word is longer than a window", () => {
    fc.assert(
      fc.property(anyText, anyOptions, (text, options) => {
        const lengths = splitWords(text).map(({ text }) => tokenizer.encodeWord(text).length);
        for (const window of textWindows(tokenizer, splitWords(text), options)) {
          const own = tokensOf(window).map(([, word]) => word);
          for (const word of new Set(own)) {
            const count = own.filter((other) => other === word).length;
            if (lengths[word]! <= options.maxLength - 2) expect(count).toBe(lengths[word]!);
          }
        }
      }),
    );
  });

  it("merges to one row per token, from the window whose cuts are farthest away", () => {
    fc.assert(
      fc.property(anyText, anyOptions, (text, options) => {
        const windows = textWindows(tokenizer, splitWords(text), options);
        // Each row names its window and its row in that window; the reference checks all windows for every token.
        const emissions = windows.map(({ ids }, w) => Float32Array.from(ids.flatMap((_, row) => [w, row])));
        const merged = mergeWindows(windows, emissions, 2);
        const all = allTokens(tokenizer, text);
        expect(merged.wordIndex).toEqual([NO_WORD, ...all.map(([, word]) => word), NO_WORD]);
        const expected = all.map((_, at) => {
          const rows = windows.flatMap(({ start, ids }, w) => {
            const end = start + ids.length - 2;
            if (at < start || at >= end) return [];
            const before = start === 0 ? Infinity : at - start;
            const behind = end === all.length ? Infinity : end - 1 - at;
            return [{ w, row: at - start + 1, distance: Math.min(before, behind) }];
          });
          const { w, row } = rows.reduce((best, other) => (other.distance > best.distance ? other : best));
          return [w, row];
        });
        const last = windows.length - 1;
        const lastRow = windows[last]!.ids.length - 1;
        expect([...merged.emissions]).toEqual([[0, 0], ...expected, [last, lastRow]].flat());
      }),
    );
  });
});

describe("textWindows", () => {
  const words = splitWords("David Bowie in David Bowie");
  const [cls, sep] = [2, 3];

  it("cuts between words and shares whole words only", () => {
    // da ##vid | bow ##ie | in | da ##vid | bow ##ie; room for 5, at most 2 shared: only "in", since three do not fit into two
    expect(textWindows(bert, words, { maxLength: 7, overlap: 2 })).toEqual([
      { ids: [cls, 4, 5, 6, 7, 9, sep], wordIndex: [-1, 0, 0, 1, 1, 2, -1], start: 0 },
      { ids: [cls, 9, 4, 5, 6, 7, sep], wordIndex: [-1, 2, 3, 3, 4, 4, -1], start: 4 },
    ]);
  });

  it("cuts a word that is longer than a window, with an overlap inside it", () => {
    const windows = textWindows(bert, splitWords("in daaaaa"), { maxLength: 6, overlap: 1 });
    // in | da ##a ##a ##a ##a; room for 4
    expect(windows).toEqual([
      { ids: [cls, 9, 4, 8, 8, sep], wordIndex: [-1, 0, 1, 1, 1, -1], start: 0 },
      { ids: [cls, 8, 8, 8, sep], wordIndex: [-1, 1, 1, 1, -1], start: 3 },
    ]);
  });

  it("gives a text without words one window of special tokens", () => {
    const windows = textWindows(bert, [], { maxLength: 4, overlap: 0 });
    expect(windows).toEqual([{ ids: [cls, sep], wordIndex: [-1, -1], start: 0 }]);
    expect(mergeWindows(windows, [Float32Array.of(1, 2)], 1)).toEqual({
      emissions: Float32Array.of(1, 2),
      wordIndex: [-1, -1],
    });
  });

  it("refuses lengths without room and overlaps that are not a number of tokens", () => {
    const cut = (maxLength: number, overlap: number) => () =>
      textWindows(bert, words, { maxLength, overlap });
    for (const [wrong, code] of [
      [cut(2, 0), "config/window-length"],
      [cut(Number.NaN, 0), "config/window-length"],
      [cut(8, -1), "config/window-overlap"],
      [cut(8, 1.5), "config/window-overlap"],
    ] as const) {
      expect(wrong).toThrow(ConfigError);
      expect(wrong).toThrow(expect.objectContaining({ code }));
    }
  });
});
