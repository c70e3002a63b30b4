// Finds the entities of a text: splits words, cuts windows, merges tag scores to one row per token, and returns spans in text offsets.
// Every step is linear in the text's length and can pause.

import type { Pausable } from "../base/turns.ts";
import type { Entity, Span } from "../data/document.ts";
import type { TextTokenizer } from "../encoders/tokenizing/tokenizer.ts";
import { cutLongWords, splittingWords, type Word, type WordSplitter } from "../encoders/tokenizing/words.ts";
import { type Decoding, decoding, entitiesOfWords } from "../extractors/entity/scores.ts";
import { cuttingWindows, type MergedWindows, type PlacedWindow } from "../extractors/entity/windows.ts";

/** A text prepared for the entity model. */
export interface WindowedText {
  readonly words: readonly Word[];
  /** Empty for a text without tokens: there is nothing to read. */
  readonly windows: readonly PlacedWindow[];
}

/** The words of a text, split or given; ranges and slices refer to exactly this text. */
export function* wordsOfText(
  text: string,
  given: readonly Span[] | undefined,
  split: WordSplitter = splittingWords,
): Pausable<readonly Word[]> {
  if (given === undefined) return yield* split(text);
  return cutLongWords(given.map(({ start, end }) => ({ text: text.slice(start, end), start, end })));
}

/** Cuts words into the model's windows. @throws ConfigError the codes of `textWindows` */
export function* windowedText(
  tokenizer: TextTokenizer,
  words: readonly Word[],
  options: { readonly maxLength: number; readonly overlap: number },
): Pausable<WindowedText> {
  const windows = yield* cuttingWindows(tokenizer, words, options);
  const hasTokens = windows.some(({ wordIndex }) => wordIndex.some((word) => word >= 0));
  return { words, windows: hasTokens ? windows : [] };
}

/** Returns the entities of a text, in text order. @param merged the scores of all its windows */
export function* entitiesOfText(
  words: readonly Word[],
  merged: MergedWindows,
  how: Decoding,
): Pausable<Entity[]> {
  return entitiesOfWords(words, yield* decoding(merged, how));
}
