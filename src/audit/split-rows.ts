// Rows of a finding by split: the first of them, and how many there are.
import type { SeenDocument } from "./check.ts";
import { MAX_ROWS, type RowReference } from "./finding.ts";

/** What was found in one split. */
export interface RowsOfSplit {
  readonly split: string;
  readonly count: number;
  /** The first, at most `MAX_ROWS`. */
  readonly rows: readonly RowReference[];
}

/** Collects rows by split. */
export class SplitRows {
  readonly #splits = new Map<string, { count: number; readonly rows: RowReference[] }>();

  add({ split, place }: Pick<SeenDocument, "split" | "place">): void {
    const found = this.#splits.get(split) ?? { count: 0, rows: [] };
    this.#splits.set(split, found);
    found.count++;
    if (found.rows.length < MAX_ROWS) found.rows.push(place);
  }

  /** The splits in order of appearance. */
  all(): readonly RowsOfSplit[] {
    return [...this.#splits].map(([split, found]) => ({ split, ...found }));
  }
}
