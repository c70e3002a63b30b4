// The words of a document as its entities cut them: what both tasks tokenise.
import { type Document, type Span, tokensOf } from "../../data/index.ts";
import type { Word } from "../../encoders/tokenizing/index.ts";

/** The document's tokens, cut further where a mention begins or ends inside one, so that every mention is a range of words. */
export function wordsOf(document: Document): Word[] {
  const cuts = [...new Set(document.entities.flatMap(({ start, end }) => [start, end]))].sort(
    (a, b) => a - b,
  );
  return tokensOf(document).flatMap(({ start, end }) => {
    const inside = cuts.filter((cut) => cut > start && cut < end);
    const edges = [start, ...inside, end];
    return edges
      .slice(1)
      .map((edge, i) => ({ text: document.text.slice(edges[i], edge), start: edges[i]!, end: edge }));
  });
}

/** The half-open range of `words` that lie in a span; undefined when none does. */
export function wordRange(
  words: readonly Word[],
  span: Span,
): readonly [start: number, end: number] | undefined {
  const start = words.findIndex((word) => word.end > span.start);
  let end = start;
  while (end < words.length && words[end]!.start < span.end) end++;
  return start >= 0 && end > start ? [start, end] : undefined;
}
