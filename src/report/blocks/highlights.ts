// A text with marked spans, including nested and crossing ones; every span's label is at its start.
import { type Html, html } from "../html.ts";
import type { Highlight } from "../report-data.ts";

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

/** Returns the text, cut at all ends of spans; a piece is marked by every span that covers it, the longest outermost. */
export function markText(
  text: string,
  highlights: readonly Highlight[] | undefined,
  tints: LabelTints,
): Html {
  const spans = (highlights ?? [])
    .map((span) => ({ ...span, start: Math.max(0, span.start), end: Math.min(text.length, span.end) }))
    .filter(({ start, end }) => start < end)
    .sort((a, b) => b.end - b.start - (a.end - a.start) || a.start - b.start);
  const cuts = [...new Set([0, text.length, ...spans.flatMap(({ start, end }) => [start, end])])].sort(
    (a, b) => a - b,
  );
  return html`${cuts.slice(0, -1).map((start, i) => {
    const end = cuts[i + 1] ?? text.length;
    let piece = html`${text.slice(start, end)}`;
    for (const span of spans.filter((span) => span.start <= start && end <= span.end).reverse()) {
      const role = span.role ?? "gold";
      const label =
        start === span.start ? html`<small>${span.label}${role === "predicted" && "?"}</small>` : null;
      piece = html`<mark class="tint-${tints.of(span.label)} ${role}">${label}${piece}</mark>`;
    }
    return piece;
  })}`;
}
