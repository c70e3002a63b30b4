// Documents in which two mentions overlap.
import { counted } from "../../base/counted.ts";
import type { Document } from "../../data/document.ts";
import type { Check, CheckEntry, SeenDocument } from "../check.ts";
import { type Finding, MAX_ROWS, type RowReference } from "../finding.ts";
import { percent } from "./shares.ts";

/** Mentions that overlap. */
export const overlappingSpans: CheckEntry = {
  name: "overlapping-spans",
  about: "mentions that overlap",
  create: () => new OverlappingSpans(),
};

class OverlappingSpans implements Check {
  readonly #splits = new Map<string, { documents: number; count: number; readonly rows: RowReference[] }>();

  see({ document, split, place }: SeenDocument): void {
    const own = this.#splits.get(split) ?? { documents: 0, count: 0, rows: [] };
    this.#splits.set(split, own);
    own.documents++;
    if (!overlaps(document)) return;
    own.count++;
    if (own.rows.length < MAX_ROWS) own.rows.push(place);
  }

  findings(): Finding[] {
    return [...this.#splits].flatMap(([split, { documents, count, rows }]): Finding[] => {
      if (count === 0) return [];
      return [
        {
          code: "label/overlapping-spans",
          severity: "note",
          feature: "entities",
          split,
          strength: count / documents,
          interval: null,
          rows,
          sentence: `${counted(count, "document")} (${percent(count / documents)}) of ${split} ${count === 1 ? "has" : "have"} mentions that overlap.`,
          remedy:
            "Nothing for relations if one mention really contains the other. For entities, keep one of them: training keeps the longest.",
        },
      ];
    });
  }
}

function overlaps({ entities }: Document): boolean {
  const sorted = [...entities].sort((a, b) => a.start - b.start || a.end - b.end);
  return sorted.some(({ start, end }, i) => {
    const before = sorted[i - 1];
    // The same mention named twice, as head of one relation and tail of another, is one mention.
    return before !== undefined && start < before.end && !(start === before.start && end === before.end);
  });
}
