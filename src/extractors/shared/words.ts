// Splits the words of a document at its entities, for the tokenizers of both tasks.
import { atOnce } from "../../base/turns.ts";
import type { Document, Span } from "../../data/document.ts";
import { tokensOf } from "../../data/tokens.ts";
import type { TextTokenizer } from "../../encoders/tokenizing/tokenizer.ts";
import { cutLongWords, splittingWords as splitting, type Word } from "../../encoders/tokenizing/words.ts";

/** What splits texts without tokens of their own; default: as extraction does without a tokenizer's added tokens. */
type Splitter = Pick<TextTokenizer, "splittingWords">;

/** The document's words, cut at its entities. */
export function wordsOf(document: Document, splitter?: Splitter): Word[] {
  return cutAtMentions(document.text, uncutWordsOf(document, splitter), document.entities);
}

/** The document's tokens, if its data set has them, and otherwise the words that extraction reads in its text. */
export function uncutWordsOf(
  document: Pick<Document, "text" | "meta">,
  { splittingWords }: Splitter = { splittingWords: splitting },
): readonly Word[] {
  return document.meta?.tokens === undefined ? atOnce(splittingWords(document.text)) : tokensOf(document);
}

/** Returns the words of a text, in order, split further where a mention starts or ends inside one, so that every mention is a range of words. */
export function cutAtMentions(text: string, words: readonly Span[], mentions: readonly Span[]): Word[] {
  const cuts = Float64Array.from(new Set(mentions.flatMap(({ start, end }) => [start, end]))).sort();
  let next = 0; // words are in text order, so each cut is visited once
  return cutLongWords(
    words.flatMap(({ start, end }) => {
      const edges = [start];
      while (next < cuts.length && cuts[next]! <= start) next++;
      while (next < cuts.length && cuts[next]! < end) edges.push(cuts[next++]!);
      edges.push(end);
      return edges
        .slice(1)
        .map((edge, i) => ({ text: text.slice(edges[i], edge), start: edges[i]!, end: edge }));
    }),
  );
}

/** Returns the half-open range of `words` (in text order) inside a span; undefined if there are none. */
export function wordRange(
  words: readonly Word[],
  span: Span,
): readonly [start: number, end: number] | undefined {
  const start = firstWhere(words, (word) => word.end > span.start);
  const end = firstWhere(words, (word) => word.start >= span.end);
  return end > start ? [start, end] : undefined;
}

/** Returns the index of the first word that meets a condition which also holds for all words after it. */
function firstWhere(words: readonly Word[], holds: (word: Word) => boolean): number {
  let [low, high] = [0, words.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(words[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}
