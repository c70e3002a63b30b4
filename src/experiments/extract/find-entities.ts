// From a text to its entities: words, windows, the windows' tag scores back to one row per token, spans in the text's own offsets.
import type { Entity, Span } from "../../data/index.ts";
import { splitWords, type TextTokenizer, type Word } from "../../encoders/tokenizing/index.ts";
import { type Decoding, decode, entitiesOfWords } from "../entity/scores.ts";
import { mergeWindows, type PlacedWindow, textWindows } from "../entity/windows.ts";

/** A text as the entity model reads it. */
export interface WindowedText {
  readonly words: readonly Word[];
  /** None for a text without a single token: there is nothing to read. */
  readonly windows: readonly PlacedWindow[];
}

/** The words of a text, by the splitter or as given; ranges and slices refer to exactly this text. */
export function wordsOfText(text: string, given: readonly Span[] | undefined): readonly Word[] {
  return given?.map(({ start, end }) => ({ text: text.slice(start, end), start, end })) ?? splitWords(text);
}

/** Cuts words into the model's windows. @throws ConfigError the codes of `textWindows` */
export function windowedText(
  tokenizer: TextTokenizer,
  words: readonly Word[],
  options: { readonly maxLength: number; readonly overlap: number },
): WindowedText {
  const windows = textWindows(tokenizer, words, options);
  const hasTokens = windows.some(({ wordIndex }) => wordIndex.some((word) => word >= 0));
  return { words, windows: hasTokens ? windows : [] };
}

/**
 * The entities of a text, in text order.
 *
 * @param emissions for each window [tokens, tags]
 */
export function entitiesOfText(
  { words, windows }: WindowedText,
  emissions: readonly Float32Array[],
  decoding: Decoding,
): Entity[] {
  if (windows.length === 0) return [];
  const merged = mergeWindows(windows, emissions, decoding.scheme.tags.length);
  return entitiesOfWords(words, decode(merged, decoding));
}
