// Tokens of a document: words with their offsets in the text, from the data set or split at white space.
import { type Defect, defect, quote } from "./defects.ts";
import type { Document, Span } from "./document.ts";

/** A word of the text and its position. */
export interface Token extends Span {
  readonly text: string;
}

/** Tokens joined by one space, with their offsets. */
export function joinTokens(words: readonly string[]): {
  readonly text: string;
  readonly offsets: readonly Span[];
} {
  const offsets: Span[] = [];
  let start = 0;
  for (const word of words) {
    offsets.push({ start, end: start + word.length });
    start += word.length + 1;
  }
  return { text: words.join(" "), offsets };
}

/** The positions of tokens in a text, one after another with only white space between them; undefined if the text reads otherwise. */
export function tokensWithin(text: string, words: readonly string[]): readonly Span[] | undefined {
  const offsets: Span[] = [];
  let at = 0;
  for (const word of words) {
    const start = text.indexOf(word, at);
    if (start === -1 || text.slice(at, start).trim() !== "") return undefined;
    at = start + word.length;
    offsets.push({ start, end: at });
  }
  return text.slice(at).trim() === "" ? offsets : undefined;
}

/** The document's tokens: those in `meta.tokens`, or otherwise the runs between white space. */
export function tokensOf(document: Pick<Document, "text" | "meta">): readonly Token[] {
  const { text } = document;
  const given = document.meta?.tokens;
  if (isPairs(given)) return given.map(([start, end]) => ({ text: text.slice(start, end), start, end }));
  return Array.from(text.matchAll(/\S+/gu), (match) => ({
    text: match[0],
    start: match.index,
    end: match.index + match[0].length,
  }));
}

/** The fault in the [start, end] pairs of a text's tokens, if any. */
export function tokenOffsetDefects(given: unknown, text: string, place: string): readonly Defect[] {
  const fault = (what: string, value: unknown) => [
    defect("data/bad-token-offsets", place, `meta.tokens: ${what}`, value),
  ];
  if (!isPairs(given)) return fault("must be a list of [start, end] pairs of integers", given);
  let last = 0;
  for (const [i, [start, end]] of given.entries()) {
    const ordered = start >= last && end > start && end <= text.length;
    if (!ordered)
      return fault(`[${i}] is ${quote([start, end])}: empty, out of order or outside the text`, [start, end]);
    last = end;
  }
  return [];
}

function isPairs(value: unknown): value is readonly (readonly [number, number])[] {
  return (
    Array.isArray(value) &&
    value.every(
      (pair) =>
        Array.isArray(pair) && pair.length === 2 && pair.every((offset) => Number.isSafeInteger(offset)),
    )
  );
}
