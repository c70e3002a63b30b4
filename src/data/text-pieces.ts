// Cuts a text at the ends of its spans, and gives overlapping spans lanes: what a highlighted text is drawn from, in reports and on the page.
import type { Span } from "./document.ts";

/** Distances of a span's line from its text; style sheets have a class for each. Spans that overlap more deeply share the last. */
export const LANES = 6;

/** A span with its lane: 0 is next to the text, the outer spans come below. */
export interface PlacedSpan extends Span {
  /** Its position in the list that was given. */
  readonly index: number;
  readonly lane: number;
}

/** A stretch of the text that the same spans cover. */
export interface Piece extends Span {
  /** The outermost first. */
  readonly covering: readonly PlacedSpan[];
}

/** Gives overlapping spans different lanes, the innermost next to the text. Spans that are empty or outside the text are left out. */
export function placeSpans(length: number, spans: readonly Span[]): readonly PlacedSpan[] {
  const sorted = spans
    .map(({ start, end }, index) => ({ start: Math.max(0, start), end: Math.min(length, end), index }))
    .filter(({ start, end }) => start < end)
    .sort((a, b) => a.start - b.start || b.end - a.end || a.index - b.index);
  const placed: PlacedSpan[] = [];
  let cluster: { readonly span: Omit<PlacedSpan, "lane">; readonly depth: number }[] = [];
  let ends: number[] = []; // of the last span at each depth
  const close = () => {
    for (const { span, depth } of cluster) {
      placed.push({ ...span, lane: Math.min(LANES - 1, ends.length - 1 - depth) });
    }
    cluster = [];
    ends = [];
  };
  for (const span of sorted) {
    if (ends.every((end) => end <= span.start)) close();
    const free = ends.findIndex((end) => end <= span.start);
    const depth = free < 0 ? ends.length : free;
    ends[depth] = span.end;
    cluster.push({ span, depth });
  }
  close();
  return placed;
}

/** Cuts a text of this length at every end of a span. Every offset is in exactly one piece. */
export function cutPieces(length: number, spans: readonly Span[]): readonly Piece[] {
  const placed = placeSpans(length, spans);
  const cuts = [...new Set([0, length, ...placed.flatMap(({ start, end }) => [start, end])])].sort(
    (a, b) => a - b,
  );
  let covering: PlacedSpan[] = [];
  let next = 0;
  return cuts.slice(0, -1).map((start, i) => {
    covering = covering.filter((span) => span.end > start);
    for (let span = placed[next]; span !== undefined && span.start <= start; span = placed[next]) {
      covering.push(span);
      next++;
    }
    const outermostFirst = [...covering].sort((a, b) => b.lane - a.lane || a.start - b.start);
    return { start, end: cuts[i + 1] ?? length, covering: outermostFirst };
  });
}
