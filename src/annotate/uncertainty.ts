// How unsure a model is about a document, from the agreement of its samples, and the order in which a person should look at documents.
import type { Document } from "../data/document.ts";
import type { Agreement } from "./agreement.ts";

/**
 * The largest doubt about one decision: 1 minus the share of samples for what was kept, the share itself for what was left out.
 * (Least confidence, as on the page of a server, with what was left out counted too.) 1 with fewer than two samples, whose agreement
 * is unknown. A mention that could not be placed counts as half a doubt: something is there, or the model invented it.
 */
export function uncertaintyOf(
  { entities, relations, leftOut, strongestLeftOutRelation }: Agreement,
  usableSamples: number,
  lostMentions: number,
): number {
  if (usableSamples < 2) return 1;
  const doubts = [
    ...[...entities, ...relations].map(({ share }) => 1 - share),
    ...leftOut.map(({ share }) => share),
    strongestLeftOutRelation,
    lostMentions > 0 ? 0.5 : 0,
  ];
  return Number(Math.max(0, ...doubts).toFixed(6));
}

/** The uncertainty that an annotated document states; 1 if it states none. */
function statedUncertainty({ meta }: Document): number {
  const annotatedBy = meta?.annotatedBy as { readonly uncertainty?: unknown } | undefined;
  return typeof annotatedBy?.uncertainty === "number" ? annotatedBy.uncertainty : 1;
}

/** The documents, the least sure first; equally sure ones in their order. */
export function leastSureFirst(documents: readonly Document[]): readonly Document[] {
  return [...documents].sort((a, b) => statedUncertainty(b) - statedUncertainty(a));
}
