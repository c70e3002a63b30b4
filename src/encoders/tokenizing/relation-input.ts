// The input of relation extraction: one text with markers around two mentions, which may nest or overlap.
import { EncoderError } from "../../errors.ts";
import type { EntityMarkers } from "./markers.ts";
import type { Subword } from "./subword-models.ts";
import { type Encoding, EncodingBuilder, type TextTokenizer, tooLong } from "./tokenizer.ts";
import { locateWords, type Word } from "./words.ts";

/** Half-open range of words. */
export type WordSpan = readonly [start: number, end: number];
/** Half-open range of tokens. */
export type TokenSpan = readonly [start: number, end: number];

export interface RelationInputOptions {
  /** Largest number of tokens, special tokens and markers included; the tokenizer's own `maxLength` by default. */
  readonly maxLength?: number;
  /** What to do with longer input; cutting keeps both mentions and is reported. Default "error". */
  readonly overlong?: "error" | "truncate";
  /** What stands for a mention that yields no token (only control characters, say). Default "error". */
  readonly emptyMention?: "error" | "unknown-token";
}

/** Words left out, by where they stood. */
export interface RelationTruncation {
  readonly wordsBefore: number;
  readonly wordsBetween: number;
  readonly wordsAfter: number;
  readonly tokens: number;
}

export interface RelationInput extends Omit<Encoding, "truncated"> {
  /** Tokens inside the head's markers; where the mentions nest, the inner one's markers are part of the outer's span. */
  readonly headSpan: TokenSpan;
  readonly tailSpan: TokenSpan;
  /** Number of tokens: the attention mask is that many ones. */
  readonly length: number;
  readonly truncated: RelationTruncation | undefined;
}

const MARKER_COUNT = 4;

/**
 * Encodes `words` with markers around the head's and the tail's words.
 *
 * Input over `maxLength` is an error, or keeps both mentions whole and, of the other words, first those between the
 * mentions and then those around them, nearest first; words are never cut in two.
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
  checkSpan("head", head, words.length);
  checkSpan("tail", tail, words.length);
  const located = locateWords(words);
  const subwords = located.map((word) => tokenizer.encodeWord(word.text));
  for (const [name, span] of [["head", head] as const, ["tail", tail] as const]) {
    fillEmptyMention(tokenizer, name, span, located, subwords, options.emptyMention ?? "error");
  }
  const lengths = subwords.map((pieces) => pieces.length);
  const maxLength = options.maxLength ?? tokenizer.maxLength ?? Number.POSITIVE_INFINITY;
  const fixed = tokenizer.prefixIds.length + tokenizer.suffixIds.length + MARKER_COUNT;
  const total = lengths.reduce((sum, length) => sum + length, fixed);
  if (total > maxLength && (options.overlong ?? "error") === "error") {
    throw tooLong("relationInput", total, maxLength);
  }
  const kept = total > maxLength ? keepAround(lengths, head, tail, maxLength - fixed, maxLength) : undefined;

  const builder = new EncodingBuilder(tokenizer);
  builder.addSpecial(tokenizer.prefixIds);
  const spans = { headStart: 0, headEnd: 0, tailStart: 0, tailEnd: 0 };
  for (let at = 0; at <= located.length; at++) {
    for (const marker of markersAt(at, head, tail)) {
      if (marker === "headEnd" || marker === "tailEnd") spans[marker] = builder.ids.length;
      builder.addSpecial([markers[marker]], located[at]?.start ?? located[at - 1]?.end ?? 0);
      if (marker === "headStart" || marker === "tailStart") spans[marker] = builder.ids.length;
    }
    const word = located[at];
    if (word !== undefined && kept?.[at] !== false) builder.addWord(at, word, subwords[at] ?? []);
  }
  builder.addSpecial(tokenizer.suffixIds);
  const { truncated: _, ...encoding } = builder.build(undefined);
  return {
    ...encoding,
    headSpan: [spans.headStart, spans.headEnd],
    tailSpan: [spans.tailStart, spans.tailEnd],
    length: encoding.ids.length,
    truncated: kept === undefined ? undefined : describeCut(kept, lengths, head, tail),
  };
}

/**
 * The markers in front of word `at`: first those that close, the inner mention's before the outer's, then those that
 * open, the outer's before the inner's. Of two equal spans the head's is the outer one.
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

/** Which words stay when `room` tokens are left for words: a window without holes but for one between the mentions. */
function keepAround(
  lengths: readonly number[],
  head: WordSpan,
  tail: WordSpan,
  room: number,
  maxLength: number,
): boolean[] {
  const kept = lengths.map((_, i) => isInside(i, head) || isInside(i, tail));
  const lengthOf = (i: number): number => lengths[i] ?? 0;
  let left = room - kept.reduce((sum, isKept, i) => sum + (isKept ? lengthOf(i) : 0), 0);
  if (left < 0) {
    throw new EncoderError({
      code: "encoder/mentions-too-long",
      message: `relationInput: both mentions with their markers have ${maxLength - left} tokens, at most ${maxLength} are allowed`,
      value: maxLength - left,
      remedy: "Raise maxLength or leave this pair out.",
    });
  }
  // A front takes words one after the other until one does not fit.
  const take = (fronts: { next: number; readonly last: number; readonly by: 1 | -1 }[]): void => {
    let open = fronts;
    while (open.length > 0) {
      open = open.filter((front) => {
        const hasNext = front.by > 0 ? front.next <= front.last : front.next >= front.last;
        if (!hasNext || kept[front.next] === true || lengthOf(front.next) > left) return false;
        kept[front.next] = true;
        left -= lengthOf(front.next);
        front.next += front.by;
        return true;
      });
    }
  };
  const [first, second] = head[0] <= tail[0] ? [head, tail] : [tail, head];
  const outerEnd = Math.max(head[1], tail[1]);
  take([
    { next: first[1], last: second[0] - 1, by: 1 },
    { next: second[0] - 1, last: first[1], by: -1 },
  ]);
  take([
    { next: first[0] - 1, last: 0, by: -1 },
    { next: outerEnd, last: lengths.length - 1, by: 1 },
  ]);
  return kept;
}

function isInside(word: number, span: WordSpan): boolean {
  return word >= span[0] && word < span[1];
}

function describeCut(
  kept: readonly boolean[],
  lengths: readonly number[],
  head: WordSpan,
  tail: WordSpan,
): RelationTruncation {
  const start = Math.min(head[0], tail[0]);
  const end = Math.max(head[1], tail[1]);
  const cut = { wordsBefore: 0, wordsBetween: 0, wordsAfter: 0, tokens: 0 };
  for (const [i, isKept] of kept.entries()) {
    if (isKept) continue;
    cut.tokens += lengths[i] ?? 0;
    if (i < start) cut.wordsBefore++;
    else if (i >= end) cut.wordsAfter++;
    else cut.wordsBetween++;
  }
  return cut;
}

/** A mention without a single token has no state to average: an error, or the unknown token in its first word's place. */
function fillEmptyMention(
  tokenizer: TextTokenizer,
  name: string,
  span: WordSpan,
  words: readonly Word[],
  subwords: (readonly Subword[])[],
  choice: "error" | "unknown-token",
): void {
  if (subwords.slice(span[0], span[1]).some((pieces) => pieces.length > 0)) return;
  const text = words
    .slice(span[0], span[1])
    .map((word) => word.text)
    .join(" ");
  if (choice === "error" || tokenizer.unknownId === undefined) {
    throw new EncoderError({
      code: "encoder/mention-without-tokens",
      message: `relationInput: the ${name} ${JSON.stringify(text)} yields no token`,
      place: name,
      value: text,
      remedy: 'Correct the mention, or set emptyMention: "unknown-token".',
    });
  }
  const length = words[span[0]]?.text.length ?? 0;
  subwords[span[0]] = [{ id: tokenizer.unknownId, start: 0, end: length }];
}

function checkSpan(name: string, span: WordSpan, wordCount: number): void {
  const [start, end] = span;
  if (Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start < end && end <= wordCount)
    return;
  throw new EncoderError({
    code: "encoder/bad-mention",
    message: `relationInput: the ${name} [${start}, ${end}) is not a range of the ${wordCount} words`,
    place: name,
    value: span,
    remedy: "Give half-open word ranges with at least one word.",
  });
}
