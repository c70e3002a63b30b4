// Where words begin and end, for moving edges by keyboard and for whole words under a selection.
import type { Span } from "../../src/data/document.ts";

const words = new Intl.Segmenter(undefined, { granularity: "word" });
const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Returns the pieces of a text that are not white space: words, and marks such as "@" or "," each on their own. */
export function wordsOf(text: string): readonly Span[] {
  return [...words.segment(text)]
    .filter(({ segment }) => segment.trim() !== "")
    .map(({ index, segment }) => ({ start: index, end: index + segment.length }));
}

/** Returns where a reader's characters begin, and the end of the text: an emoji of several code points is one. */
function characterEdges(text: string): readonly number[] {
  return [...[...graphemes.segment(text)].map(({ index }) => index), text.length];
}

/** An edge of a span, which way it moves, and how far. */
export interface EdgeMove {
  readonly edge: "start" | "end";
  readonly by: -1 | 1;
  readonly unit: "word" | "character";
}

/** Moves an edge of a span to the next word or character. The span keeps at least one of them and stays inside the text. */
export function moveEdge(text: string, span: Span, { edge, by, unit }: EdgeMove): Span {
  const edges =
    unit === "character"
      ? characterEdges(text)
      : wordsOf(text).map(({ start, end }) => (edge === "start" ? start : end));
  const from = span[edge];
  const next = by === 1 ? edges.find((at) => at > from) : edges.findLast((at) => at < from);
  if (next === undefined) return span;
  const moved = { ...span, [edge]: next };
  return moved.start < moved.end ? moved : span;
}

/** Widens a selection to whole words; white space at its ends is left out. Returns undefined if no word is in it. */
export function wholeWords(text: string, { start, end }: Span): Span | undefined {
  const inside = wordsOf(text).filter((word) => word.start < end && word.end > start);
  const first = inside[0];
  const last = inside.at(-1);
  return first === undefined || last === undefined ? undefined : { start: first.start, end: last.end };
}
