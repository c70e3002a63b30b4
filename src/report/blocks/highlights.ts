// A text with marked spans, including nested and crossing ones; every span's label is at its start.
import { type Html, html } from "../html.ts";
import type { Highlight } from "../report-data.ts";
import { visibleText } from "./visible-text.ts";

/** Tints in the style sheet. */
export const TINTS = 6;

/** Gives every label a tint for the whole page, in order of appearance. */
export class LabelTints {
  readonly #tints = new Map<string, number>();

  of(label: string): number {
    const known = this.#tints.get(label);
    if (known !== undefined) return known;
    const tint = (this.#tints.size % TINTS) + 1;
    this.#tints.set(label, tint);
    return tint;
  }
}

/** Distances of a mark's line from its text; the style sheet has a class for each but the first. Spans that overlap more deeply share the last. */
export const LANES = 6;

interface PlacedSpan extends Highlight {
  /** 0 is next to the text. */
  readonly lane: number;
}

/**
 * Returns the text, cut at all ends of spans; a piece is marked by every span that covers it. Spans that overlap have their lines at different
 * distances, the innermost next to the text.
 *
 * @param attributes returns further attributes for the marks of a span
 */
export function markText(
  text: string,
  highlights: readonly Highlight[] | undefined,
  tints: LabelTints,
  attributes?: (span: Highlight) => Html,
): Html {
  const spans = inLanes(
    (highlights ?? [])
      .map((span) => ({ ...span, start: Math.max(0, span.start), end: Math.min(text.length, span.end) }))
      .filter(({ start, end }) => start < end)
      .sort((a, b) => a.start - b.start || b.end - a.end),
  );
  const cuts = [...new Set([0, text.length, ...spans.flatMap(({ start, end }) => [start, end])])].sort(
    (a, b) => a - b,
  );
  let covering: PlacedSpan[] = [];
  let next = 0;
  return html`${cuts.slice(0, -1).map((start, i) => {
    const end = cuts[i + 1] ?? text.length;
    covering = covering.filter((span) => span.end > start);
    while (spans[next] !== undefined && (spans[next] as PlacedSpan).start <= start)
      covering.push(spans[next++] as PlacedSpan);
    const outward = [...covering].sort((a, b) => a.lane - b.lane || b.start - a.start);
    return outward.reduce(
      (inner, span) => markPiece(inner, span, { start, end }, { tints, attributes }),
      visibleText(text.slice(start, end)),
    );
  })}`;
}

function markPiece(
  inner: Html,
  span: PlacedSpan,
  piece: { readonly start: number; readonly end: number },
  look: { readonly tints: LabelTints; readonly attributes: ((span: Highlight) => Html) | undefined },
): Html {
  const { label, role = "gold", lane, detail } = span;
  const classes = [
    `tint-${look.tints.of(label)} ${role}`,
    ...(lane > 0 ? [`lane-${lane}`] : []),
    ...(piece.start > span.start ? ["continued"] : []),
    ...(piece.end < span.end ? ["continues"] : []),
  ];
  const shown = html`${visibleText(label)}${role === "predicted" && "?"}${detail !== undefined && ` ${detail}`}`;
  return html`<mark class="${classes.join(" ")}"${look.attributes?.(span)}>${piece.start === span.start && html`<small>${shown}</small>`}${inner}</mark>`;
}

/** Gives overlapping spans different lanes, the outer ones higher. @param spans by their start, the longer first */
function inLanes(spans: readonly Highlight[]): PlacedSpan[] {
  const placed: PlacedSpan[] = [];
  let cluster: { readonly span: Highlight; readonly depth: number }[] = [];
  let ends: number[] = []; // of the last span at each depth
  const close = () => {
    for (const { span, depth } of cluster) {
      placed.push({ ...span, lane: Math.min(LANES - 1, ends.length - 1 - depth) });
    }
    cluster = [];
    ends = [];
  };
  for (const span of spans) {
    if (ends.every((end) => end <= span.start)) close();
    const free = ends.findIndex((end) => end <= span.start);
    const depth = free < 0 ? ends.length : free;
    ends[depth] = span.end;
    cluster.push({ span, depth });
  }
  close();
  return placed;
}
