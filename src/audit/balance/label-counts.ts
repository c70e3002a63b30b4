// Counts the labels of each kind by split, and which combinations of labels documents have: what the checks of balance look at.
import type { SeenDocument } from "../check.ts";
import { MAX_ROWS, type RowReference } from "../finding.ts";

export const KINDS = ["entity", "relation", "category"] as const;
export type LabelKind = (typeof KINDS)[number];

/** A label in a split. */
export interface CountedLabel {
  count: number;
  readonly rows: RowReference[];
}

const ROWS_OF_LABEL = 20; // of rare labels all are listed, and no more are needed of frequent ones
/** Different combinations of labels of documents that are kept. */
const MOST_COMBINATIONS = 50_000;

/** The labels of one kind, by split. */
export class KindCounts {
  readonly kind: LabelKind;
  readonly splits = new Map<string, Map<string, CountedLabel>>();
  /** Documents by their labels with counts (JSON), for each split; undefined when there are too many different ones. */
  combinations: Map<string, Map<string, number>> | undefined = new Map();

  constructor(kind: LabelKind) {
    this.kind = kind;
  }

  see(labels: readonly string[], { split, place }: SeenDocument): void {
    if (labels.length === 0) return;
    const own = this.splits.get(split) ?? new Map<string, CountedLabel>();
    this.splits.set(split, own);
    for (const label of labels) {
      const known = own.get(label) ?? { count: 0, rows: [] };
      own.set(label, known);
      known.count++;
      if (known.rows.length < Math.min(ROWS_OF_LABEL, MAX_ROWS)) known.rows.push(place);
    }
    if (this.combinations === undefined) return;
    const key = JSON.stringify([...labels].sort());
    const counts = this.combinations.get(key) ?? new Map<string, number>();
    this.combinations.set(key, counts);
    counts.set(split, (counts.get(split) ?? 0) + 1);
    if (this.combinations.size > MOST_COMBINATIONS) this.combinations = undefined;
  }

  /** All annotations of a split. */
  total(split: string): number {
    return [...(this.splits.get(split)?.values() ?? [])].reduce((sum, { count }) => sum + count, 0);
  }

  /** "entity labels", "relations" and so on, for sentences. */
  get plural(): string {
    return { entity: "entities", relation: "relations", category: "documents" }[this.kind];
  }
}
