// The input of relation extraction: one text with markers around two mentions, which may nest or overlap.
import { EncoderError } from "../../base/errors.ts";
import { atOnce, type Pausable } from "../../base/turns.ts";
import type { EntityMarkers } from "./markers.ts";
import { sharedWindows, type WordWindow, windowAround } from "./shared-windows.ts";
import type { Subword } from "./subword-models.ts";
import { type Encoding, EncodingBuilder, type TextTokenizer, tooLong } from "./tokenizer.ts";
import { locateWords, type Word } from "./words.ts";

/** Half-open range of words. */
export type WordSpan = readonly [start: number, end: number];
/** Half-open range of tokens. */
export type TokenSpan = readonly [start: number, end: number];

/** The length limit of a marked text, and the treatment of mentions without tokens. */
export interface RelationInputOptions {
  /** Maximum number of tokens, including special tokens and markers; default: the tokenizer's `maxLength`. */
  readonly maxLength?: number | undefined;
  /** What to do with longer input; truncation keeps both mentions and is reported. Default "error". */
  readonly overlong?: "error" | "truncate" | undefined;
  /** What to do with a mention that yields no token, such as only control characters. Default "error". */
  readonly emptyMention?: "error" | "unknown-token" | undefined;
}

/** Number of dropped words, by position. */
export interface RelationTruncation {
  readonly wordsBefore: number;
  readonly wordsBetween: number;
  readonly wordsAfter: number;
  readonly tokens: number;
}

/** The tokens of a text with marked mentions. Spans are in tokens. */
export interface RelationInput extends Omit<Encoding, "truncated"> {
  /**
   * Tokens inside the head's markers; if the mentions nest, the outer span includes the inner one's
   * markers.
   */
  readonly headSpan: TokenSpan;
  readonly tailSpan: TokenSpan;
  /** Number of tokens: the attention mask has that many ones. */
  readonly length: number;
  readonly truncated: RelationTruncation | undefined;
}

const MARKER_COUNT = 4;

/**
 * Encodes `words` with markers around the head's and the tail's words.
 *
 * Input over `maxLength` is an error, or is truncated: it keeps both mentions, then words between the
 * mentions, then words around them, nearest first; words are never split.
 *
 * @throws EncoderError `encoder/bad-mention`, `encoder/text-too-long`, `encoder/mentions-too-long` (the mentions alone do
 * not fit), `encoder/mention-without-tokens`.
 */
export function relationInput(
  tokenizer: TextTokenizer,
  markers: EntityMarkers,
  words: readonly (string | Word)[],
  head: WordSpan,
  tail: WordSpan,
  options: RelationInputOptions = {},
): RelationInput {
  return atOnce(MentionText.read(tokenizer, markers, words)).input(head, tail, options);
}

/** A text with many pairs of mentions: tokenised once, so that each pair costs only the kept words. */
export class MentionText {
  readonly #tokenizer: TextTokenizer;
  readonly #markers: EntityMarkers;
  readonly #words: readonly Word[];
  readonly #subwords: readonly (readonly Subword[])[];
  readonly #tokens: number;
  /** Tokens before each word, and in all words. */
  readonly #starts: readonly number[];
  /** Windows of the text without markers, by their words. */
  readonly #windows = new Map<string, Encoding>();

  private constructor(
    tokenizer: TextTokenizer,
    markers: EntityMarkers,
    words: readonly Word[],
    subwords: readonly (readonly Subword[])[],
  ) {
    this.#tokenizer = tokenizer;
    this.#markers = markers;
    this.#words = words;
    this.#subwords = subwords;
    const starts = [0];
    for (const { length } of subwords) starts.push(starts.at(-1)! + length);
    this.#starts = starts;
    this.#tokens = starts.at(-1)!;
  }

  /** Tokenises the words, and can pause after each. @throws EncoderError `encoder/word-offsets` */
  static *read(
    tokenizer: TextTokenizer,
    markers: EntityMarkers,
    words: readonly (string | Word)[],
  ): Pausable<MentionText> {
    const located = locateWords(words);
    const subwords: (readonly Subword[])[] = [];
    for (const { text } of located) {
      subwords.push(tokenizer.encodeWord(text));
      yield;
    }
    return new MentionText(tokenizer, markers, located, subwords);
  }

  /** Like `relationInput`. @throws as there */
  input(head: WordSpan, tail: WordSpan, options: RelationInputOptions = {}): RelationInput {
    return this.#input(head, tail, options, true);
  }

  /**
   * Like `input`, but without markers: the spans are those of the mentions among the text's own tokens. All pairs share the tokens of a text that
   * fits: their `ids` are the same array. Of a longer text, pairs share windows that begin half a window after each other; it is cut around a pair
   * that no window contains.
   *
   * @throws as `relationInput`
   */
  unmarked(head: WordSpan, tail: WordSpan, options: RelationInputOptions = {}): RelationInput {
    return this.#input(head, tail, options, false);
  }

  #input(head: WordSpan, tail: WordSpan, options: RelationInputOptions, marked: boolean): RelationInput {
    const words = this.#words;
    const tokenizer = this.#tokenizer;
    checkSpan("head", head, words.length);
    checkSpan("tail", tail, words.length);
    const unknown = new Map<number, readonly Subword[]>(); // for a mention without tokens
    const subwordsOf = (i: number) => unknown.get(i) ?? this.#subwords[i] ?? [];
    for (const [name, span] of [["head", head] as const, ["tail", tail] as const]) {
      const isEmpty = !rangeOf(span).some((i) => subwordsOf(i).length > 0);
      if (isEmpty) unknown.set(span[0], [this.#unknownFor(name, span, options.emptyMention ?? "error")]);
    }
    const tokens = this.#tokens + unknown.size;
    const maxLength = options.maxLength ?? tokenizer.maxLength ?? Number.POSITIVE_INFINITY;
    const fixed = tokenizer.prefixIds.length + tokenizer.suffixIds.length + (marked ? MARKER_COUNT : 0);
    const total = tokens + fixed;
    if (total > maxLength && (options.overlong ?? "error") === "error") {
      throw tooLong(total, maxLength);
    }
    if (!marked && unknown.size === 0) {
      const whole = total <= maxLength ? { start: 0, end: words.length } : undefined;
      const window = whole ?? this.#sharedWindow(head, tail, maxLength - fixed);
      if (window !== undefined) return this.#inWindow(window, head, tail);
    }
    const kept =
      total > maxLength
        ? keepAround(words.length, (i) => subwordsOf(i).length, head, tail, maxLength - fixed, maxLength)
        : { start: 0, holeStart: words.length, holeEnd: words.length, end: words.length };
    const { spans, builder } = this.#build(kept, head, tail, subwordsOf, marked);
    const { truncated: _, ...encoding } = builder.build(undefined);
    const length = encoding.ids.length;
    return {
      ...encoding,
      headSpan: [spans.headStart, spans.headEnd],
      tailSpan: [spans.tailStart, spans.tailEnd],
      length,
      truncated:
        total > maxLength
          ? {
              wordsBefore: kept.start,
              wordsBetween: kept.holeEnd - kept.holeStart,
              wordsAfter: words.length - kept.end,
              tokens: tokens - (length - fixed),
            }
          : undefined,
    };
  }

  /** The tokens of a window of words, without markers; the same object for the same window. */
  #tokensOf(window: WordWindow): Encoding {
    const key = `${window.start}:${window.end}`;
    const known = this.#windows.get(key);
    if (known !== undefined) return known;
    const builder = new EncodingBuilder(this.#tokenizer);
    builder.addSpecial(this.#tokenizer.prefixIds);
    for (let at = window.start; at < window.end; at++)
      builder.addWord(at, this.#words[at]!, this.#subwords[at]!); // one for each word
    builder.addSpecial(this.#tokenizer.suffixIds);
    const encoding = builder.build(undefined);
    this.#windows.set(key, encoding);
    return encoding;
  }

  /** Input from a window that contains both mentions. */
  #inWindow(window: WordWindow, head: WordSpan, tail: WordSpan): RelationInput {
    const { truncated: _, ...encoding } = this.#tokensOf(window);
    const before = this.#tokenizer.prefixIds.length - this.#starts[window.start]!;
    const span = ([start, end]: WordSpan): TokenSpan => [
      before + this.#starts[start]!,
      before + this.#starts[end]!,
    ];
    const words = this.#words.length;
    const kept = this.#starts[window.end]! - this.#starts[window.start]!;
    return {
      ...encoding,
      headSpan: span(head),
      tailSpan: span(tail),
      length: encoding.ids.length,
      truncated:
        kept < this.#tokens
          ? {
              wordsBefore: window.start,
              wordsBetween: 0,
              wordsAfter: words - window.end,
              tokens: this.#tokens - kept,
            }
          : undefined,
    };
  }

  /** The window that a pair shares with others; undefined if its mentions are too far apart. */
  #sharedWindow(head: WordSpan, tail: WordSpan, room: number): WordWindow | undefined {
    const [first, last] = [Math.min(head[0], tail[0]), Math.max(head[1], tail[1])];
    return windowAround(sharedWindows(this.#starts, room), this.#starts, first, last);
  }

  #build(
    { start, holeStart, holeEnd, end }: KeptWords,
    head: WordSpan,
    tail: WordSpan,
    subwordsOf: (word: number) => readonly Subword[],
    marked: boolean,
  ) {
    const words = this.#words;
    const builder = new EncodingBuilder(this.#tokenizer);
    builder.addSpecial(this.#tokenizer.prefixIds);
    const spans = { headStart: 0, headEnd: 0, tailStart: 0, tailEnd: 0 };
    const addMarkers = (at: number) => {
      for (const marker of markersAt(at, head, tail)) {
        if (marker === "headEnd" || marker === "tailEnd") spans[marker] = builder.ids.length;
        if (marked) builder.addSpecial([this.#markers[marker]], words[at]?.start ?? words[at - 1]?.end ?? 0);
        if (marker === "headStart" || marker === "tailStart") spans[marker] = builder.ids.length;
      }
    };
    // Markers are at the ends of mentions, which are all kept, so a marker is never inside a hole.
    const addWords = (from: number, to: number) => {
      for (let at = from; at < to; at++) {
        addMarkers(at);
        builder.addWord(at, words[at] as Word, subwordsOf(at));
      }
    };
    addWords(start, holeStart);
    if (holeStart < holeEnd) addMarkers(holeStart);
    addWords(holeEnd, end);
    addMarkers(end);
    builder.addSpecial(this.#tokenizer.suffixIds);
    return { spans, builder };
  }

  /** A mention without tokens has no state to average: throws, or uses the unknown token for its first word. */
  #unknownFor(name: string, span: WordSpan, choice: "error" | "unknown-token"): Subword {
    const { unknownId } = this.#tokenizer;
    if (choice === "unknown-token" && unknownId !== undefined) {
      return { id: unknownId, start: 0, end: this.#words[span[0]]?.text.length ?? 0 };
    }
    const text = rangeOf(span)
      .map((i) => this.#words[i]?.text)
      .join(" ");
    throw new EncoderError({
      code: "encoder/mention-without-tokens",
      message: `the ${name} ${JSON.stringify(text)} has no tokens`,
      place: name,
      value: text,
      remedy: 'Correct the mention, or set emptyMention: "unknown-token".',
    });
  }
}

function rangeOf([start, end]: WordSpan): number[] {
  return Array.from({ length: end - start }, (_, i) => start + i);
}

/**
 * The markers before word `at`: first closing ones, inner before outer, then opening ones, outer before
 * inner. Of two equal spans, the head's is the outer one.
 */
function markersAt(at: number, head: WordSpan, tail: WordSpan): (keyof typeof SPAN_MARKERS)[] {
  const found: (keyof typeof SPAN_MARKERS)[] = [];
  const tailClosesFirst = tail[0] >= head[0];
  const tailOpensFirst = tail[1] > head[1];
  const closes = tailClosesFirst ? (["tailEnd", "headEnd"] as const) : (["headEnd", "tailEnd"] as const);
  const opens = tailOpensFirst
    ? (["tailStart", "headStart"] as const)
    : (["headStart", "tailStart"] as const);
  for (const marker of [...closes, ...opens]) {
    if (SPAN_MARKERS[marker](head, tail) === at) found.push(marker);
  }
  return found;
}

const SPAN_MARKERS = {
  headStart: (head: WordSpan, _tail: WordSpan) => head[0],
  headEnd: (head: WordSpan, _tail: WordSpan) => head[1],
  tailStart: (_head: WordSpan, tail: WordSpan) => tail[0],
  tailEnd: (_head: WordSpan, tail: WordSpan) => tail[1],
};

/** The words `[start, end)` without the hole `[holeStart, holeEnd)` between the mentions. */
interface KeptWords {
  readonly start: number;
  readonly holeStart: number;
  readonly holeEnd: number;
  readonly end: number;
}

/**
 * Chooses the words to keep with `room` tokens for words: a window without holes, except for one between
 * the mentions.
 */
function keepAround(
  words: number,
  lengthOf: (word: number) => number,
  head: WordSpan,
  tail: WordSpan,
  room: number,
  maxLength: number,
): KeptWords {
  const [first, second] = head[0] <= tail[0] ? [head, tail] : [tail, head];
  let left = room;
  for (const i of rangeOf(first)) left -= lengthOf(i);
  for (let i = Math.max(second[0], first[1]); i < second[1]; i++) left -= lengthOf(i);
  if (left < 0) {
    throw new EncoderError({
      code: "encoder/mentions-too-long",
      message: `both mentions and their special tokens have ${maxLength - left} tokens; the limit is ${maxLength}`,
      value: maxLength - left,
      remedy: "Raise maxLength, or leave out this pair.",
    });
  }
  // Extends both ends in turn, each until its words end or one does not fit.
  let [up, down] = [first[1], second[0] - 1];
  for (let [rises, falls] = [true, true]; rises || falls; ) {
    rises = rises && up <= down && lengthOf(up) <= left;
    if (rises) left -= lengthOf(up++);
    falls = falls && up <= down && lengthOf(down) <= left;
    if (falls) left -= lengthOf(down--);
  }
  let [start, end] = [first[0], Math.max(head[1], tail[1])];
  for (let [falls, rises] = [true, true]; falls || rises; ) {
    falls = falls && start > 0 && lengthOf(start - 1) <= left;
    if (falls) left -= lengthOf(--start);
    rises = rises && end < words && lengthOf(end) <= left;
    if (rises) left -= lengthOf(end++);
  }
  return { start, holeStart: up, holeEnd: Math.max(up, down + 1), end };
}

function checkSpan(name: string, span: WordSpan, wordCount: number): void {
  const [start, end] = span;
  if (Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start < end && end <= wordCount)
    return;
  throw new EncoderError({
    code: "encoder/bad-mention",
    message: `the ${name} [${start}, ${end}) is not a range of the ${wordCount} words`,
    place: name,
    value: span,
    remedy: "Give half-open word ranges with at least one word.",
  });
}
