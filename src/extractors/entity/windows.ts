// A text longer than the model: overlapping windows of its tokens, and one row of scores per token out of the windows' scores.

import { ConfigError } from "../../base/errors.ts";
import { atOnce, type Pausable } from "../../base/turns.ts";
import { NO_WORD, type TextTokenizer } from "../../encoders/tokenizing/tokenizer.ts";
import type { Word } from "../../encoders/tokenizing/words.ts";

/** Tokens that a model reads at once. */
export interface TextWindow {
  /** Special tokens included. */
  readonly ids: readonly number[];
  /** For each token the index of its word in the whole text, `NO_WORD` for special tokens. */
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
  /** Largest number of subwords that neighbours share; more than half a window is never shared. */
  readonly overlap: number;
}

/**
 * Cuts a text into windows, one if it fits. Cuts stand between words; only a word that is longer than a window is cut itself.
 * Neighbours share as many tokens as `overlap` and the words' boundaries allow. Words without tokens are in no window.
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

/** `textWindows` as work that can pause: the text is tokenised once, word by word. */
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
  const cuts: boolean[] = []; // whether a window may begin or end in front of the token
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

/** Half-open ranges of at most `room` tokens that cover all of them; between allowed cuts there are never more than `room`. */
function rangesOf(cuts: readonly boolean[], room: number, overlap: number): [start: number, end: number][] {
  const total = cuts.length;
  const isCut = (at: number) => at === total || cuts[at] === true;
  const ranges: [number, number][] = [];
  for (let start = 0; ; ) {
    let end = Math.min(start + room, total);
    while (!isCut(end)) end--;
    ranges.push([start, end]);
    if (end === total) return ranges;
    let next = end + 1; // the next window has to reach further than this one
    while (!isCut(next)) next++;
    start = Math.max(end - overlap, next - room);
    while (!isCut(start)) start++;
  }
}

/** Scores of a whole text, a row per token. */
export interface MergedWindows {
  /** [tokens, tags]: the first special tokens, all subwords, the last special tokens. */
  readonly emissions: Float32Array;
  /** For each row the index of its word, `NO_WORD` for special tokens. */
  readonly wordIndex: number[];
}

/**
 * One row per token of the whole text. Where windows overlap, the row of the window whose cut is farther from the token (the earlier
 * window's at a tie); the text's own beginning and end are not cuts.
 *
 * @param windows all windows of one text, as `textWindows` gives them
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

/** Takes the windows' scores one after the other, in their order; none of them is kept. */
export class WindowMerger {
  readonly merged: MergedWindows;
  readonly #windows: readonly PlacedWindow[];
  readonly #tags: number;
  readonly #subwords: number;
  readonly #distances: Float64Array;
  #next = 0;

  /** @param windows all windows of one text */
  constructor(windows: readonly PlacedWindow[], tags: number) {
    const { prefix } = placeOf(windows[0]!); // textWindows gives at least one
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
    const window = this.#windows[this.#next++]!; // as many as windows
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
