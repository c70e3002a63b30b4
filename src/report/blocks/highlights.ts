// A text with marked spans, including nested and crossing ones; every span's label is at its start.
import type { Span } from "../../data/document.ts";
import { cutPieces, type PlacedSpan } from "../../data/text-pieces.ts";
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
  const spans = highlights ?? [];
  return html`${cutPieces(text.length, spans).map((piece) =>
    piece.covering
      .toReversed()
      .reduce(
        (inner, { index, ...placed }) =>
          markPiece(inner, { ...(spans[index] as Highlight), ...placed }, piece, { tints, attributes }),
        visibleText(text.slice(piece.start, piece.end)),
      ),
  )}`;
}

function markPiece(
  inner: Html,
  span: Highlight & Pick<PlacedSpan, "lane">,
  piece: Span,
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
