// Splits a text longer than the model into overlapping windows, and merges the windows' scores into one row per token.

import { ConfigError } from "../../base/errors.ts";
import { atOnce, type Pausable } from "../../base/turns.ts";
import { NO_WORD, type TextTokenizer } from "../../encoders/tokenizing/tokenizer.ts";
import type { Word } from "../../encoders/tokenizing/words.ts";

/** Tokens that the model reads together. */
export interface TextWindow {
  /** Special tokens included. */
  readonly ids: readonly number[];
  /** For each token, the index of its word in the whole text; `NO_WORD` for special tokens. */
  readonly wordIndex: readonly number[];
}

/** A window and its position. */
export interface PlacedWindow extends TextWindow {
  /** Index of its first subword among all subwords of the text. */
  readonly start: number;
}

export interface WindowOptions {
  /** Largest number of tokens of a window, special tokens included. */
  readonly maxLength: number;
  /** Maximum number of subwords that neighbours share; never more than half a window. */
  readonly overlap: number;
}

/**
 * Cuts a text into windows, one if it fits. Cuts fall between words; only a word longer than a window is split.
 * Neighbours share as many tokens as `overlap` and the word boundaries allow. Words without tokens are in no window.
 *
 * @throws ConfigError `config/window-length` when special tokens leave no room, `config/window-overlap`
 * @example
 * const windows = textWindows(tokenizer, splitWords(text), { maxLength: 128, overlap: 32 });
 */
export function textWindows(
  tokenizer: TextTokenizer,
  words: readonly Word[],
  options: WindowOptions,
): PlacedWindow[] {
  return atOnce(cuttingWindows(tokenizer, words, options));
}

/** Runs `textWindows` as work that can pause: tokenises the text once, word by word. */
export function* cuttingWindows(
  tokenizer: TextTokenizer,
  words: readonly Word[],
  options: WindowOptions,
): Pausable<PlacedWindow[]> {
  const { prefixIds, suffixIds } = tokenizer;
  const room = options.maxLength - prefixIds.length - suffixIds.length;
  checkOptions(options, room);
  const ids: number[] = [];
  const wordIndex: number[] = [];
  const cuts: boolean[] = []; // whether a window may start or end before the token
  for (const [i, word] of words.entries()) {
    const subwords = tokenizer.encodeWord(word.text);
    for (const [j, { id }] of subwords.entries()) {
      ids.push(id);
      wordIndex.push(i);
      cuts.push(j === 0 || subwords.length > room);
    }
    yield;
  }
  const special = (ids: readonly number[]) => ids.map(() => NO_WORD);
  return rangesOf(cuts, room, Math.min(options.overlap, Math.floor(room / 2))).map(([start, end]) => ({
    ids: [...prefixIds, ...ids.slice(start, end), ...suffixIds],
    wordIndex: [...special(prefixIds), ...wordIndex.slice(start, end), ...special(suffixIds)],
    start,
  }));
}

/** Half-open ranges of at most `room` tokens that cover all tokens; allowed cuts are never more than `room` apart. */
function rangesOf(cuts: readonly boolean[], room: number, overlap: number): [start: number, end: number][] {
  const total = cuts.length;
  const isCut = (at: number) => at === total || cuts[at] === true;
  const ranges: [number, number][] = [];
  for (let start = 0; ; ) {
    let end = Math.min(start + room, total);
    while (!isCut(end)) end--;
    ranges.push([start, end]);
    if (end === total) return ranges;
    let next = end + 1; // the next window must reach further than this one
    while (!isCut(next)) next++;
    start = Math.max(end - overlap, next - room);
    while (!isCut(start)) start++;
  }
}

/** Scores of a whole text, one row per token. */
export interface MergedWindows {
  /** [tokens, tags]: the first special tokens, all subwords, the last special tokens. */
  readonly emissions: Float32Array;
  /** For each row the index of its word, `NO_WORD` for special tokens. */
  readonly wordIndex: number[];
}

/**
 * Returns one row per token of the whole text. Where windows overlap, takes the row of the window whose cut is farther from the token (the
 * earlier window for a tie); the start and end of the text are not cuts.
 *
 * @param windows all windows of one text, as returned by `textWindows`
 * @param emissions for each window [tokens, tags]
 */
export function mergeWindows(
  windows: readonly PlacedWindow[],
  emissions: readonly Float32Array[],
  tags: number,
): MergedWindows {
  const merger = new WindowMerger(windows, tags);
  for (const scores of emissions) merger.add(scores);
  return merger.merged;
}

/** Accepts the windows' scores one by one, in order, and keeps none of them. */
export class WindowMerger {
  readonly merged: MergedWindows;
  readonly #windows: readonly PlacedWindow[];
  readonly #tags: number;
  readonly #subwords: number;
  readonly #distances: Float64Array;
  #next = 0;

  /** @param windows all windows of one text */
  constructor(windows: readonly PlacedWindow[], tags: number) {
    const { prefix } = placeOf(windows[0]!); // textWindows returns at least one
    const { end, suffix } = placeOf(windows.at(-1)!);
    this.#windows = windows;
    this.#tags = tags;
    this.#subwords = end;
    this.#distances = new Float64Array(end).fill(-1);
    const wordIndex = new Array<number>(prefix + end + suffix).fill(NO_WORD);
    this.merged = { emissions: new Float32Array(wordIndex.length * tags), wordIndex };
  }

  /** The scores [tokens, tags] of the next window. */
  add(scores: Float32Array): void {
    const window = this.#windows[this.#next++]!; // there are as many as windows
    const { start, end, prefix, suffix } = placeOf(window);
    const { wordIndex } = this.merged;
    if (this.#next === 1) for (let i = 0; i < prefix; i++) this.#copyRow(scores, i, i);
    for (let at = start; at < end; at++) {
      const before = start === 0 ? Number.POSITIVE_INFINITY : at - start;
      const behind = end === this.#subwords ? Number.POSITIVE_INFINITY : end - 1 - at;
      const distance = Math.min(before, behind);
      if (distance <= this.#distances[at]!) continue;
      this.#distances[at] = distance;
      const row = prefix + at - start;
      wordIndex[prefix + at] = window.wordIndex[row]!;
      this.#copyRow(scores, row, prefix + at);
    }
    if (this.#next < this.#windows.length) return;
    for (let i = 0; i < suffix; i++) {
      this.#copyRow(scores, scores.length / this.#tags - suffix + i, wordIndex.length - suffix + i);
    }
  }

  #copyRow(from: Float32Array, row: number, to: number): void {
    this.merged.emissions.set(from.subarray(row * this.#tags, (row + 1) * this.#tags), to * this.#tags);
  }
}

/** Special tokens around a window and the range of its subwords; a window without subwords is all prefix. */
function placeOf({ wordIndex, start }: PlacedWindow) {
  const prefix = wordIndex.findIndex((word) => word !== NO_WORD);
  if (prefix < 0) return { prefix: wordIndex.length, suffix: 0, start, end: start };
  const suffix = wordIndex.length - 1 - wordIndex.findLastIndex((word) => word !== NO_WORD);
  return { prefix, suffix, start, end: start + wordIndex.length - prefix - suffix };
}

function checkOptions({ maxLength, overlap }: WindowOptions, room: number): void {
  if (!Number.isInteger(maxLength) || room < 1) {
    throw new ConfigError({
      code: "config/window-length",
      message: `windows of ${maxLength} tokens leave no room for the text between the special tokens`,
      place: "maxLength",
      value: maxLength,
      remedy: `Give an integer of at least ${maxLength - room + 1}.`,
    });
  }
  if (!Number.isInteger(overlap) || overlap < 0) {
    throw new ConfigError({
      code: "config/window-overlap",
      message: `the overlap must be a non-negative integer, got ${overlap}`,
      place: "overlap",
      value: overlap,
      remedy: "Give a number of tokens, 0 for none.",
    });
  }
}
