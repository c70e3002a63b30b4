// The order of a file: whether neighbours have the same label more often than by chance, whether ids rise, whether lengths drift.
import { increment } from "../../base/label-counts.ts";
import type { Document } from "../../data/document.ts";

/** What the order of documents gives away, and what a loader that does not shuffle would suffer. */
export interface OrderAccount {
  /** What labels were compared: the category, else the first relation, else the first entity. */
  readonly by: "category" | "first relation" | "first entity" | undefined;
  /** Share of neighbours with the same label. */
  readonly sameAsNext: number | undefined;
  /** The share that random order would have. */
  readonly sameByChance: number | undefined;
  /** Correlation (Pearson) of the position in the file with the number of characters; undefined without spread. */
  readonly lengthTrend: number | undefined;
  /** Whether the ids are in ascending order of their characters. */
  readonly idsAscend: boolean;
}

const KINDS = ["category", "first relation", "first entity"] as const;

/** Sees documents in their order. */
export class OrderSurvey {
  readonly #runs = KINDS.map(() => ({
    last: undefined as string | undefined,
    same: 0,
    pairs: 0,
    counts: {} as Record<string, number>,
  }));
  #ascends = true;
  #lastId: string | undefined;
  #count = 0;
  #meanLength = 0;
  #squaresLength = 0;
  #products = 0;

  see({ id, text, category, relations, entities }: Document): void {
    const labels = [category?.label, relations[0]?.label, entities[0]?.label];
    for (const [i, run] of this.#runs.entries()) {
      const label = labels[i];
      if (label === undefined) continue;
      if (run.last !== undefined) {
        run.pairs++;
        if (run.last === label) run.same++;
      }
      run.last = label;
      increment(run.counts, label);
    }
    if (this.#lastId !== undefined && id < this.#lastId) this.#ascends = false;
    this.#lastId = id;
    // Welford's updates, so that a million squares lose no digits.
    const position = this.#count++;
    const meanPosition = (position - 1) / 2; // of the documents before
    const off = text.length - this.#meanLength;
    this.#meanLength += off / this.#count;
    this.#squaresLength += off * (text.length - this.#meanLength);
    this.#products += (position - (position === 0 ? 0 : meanPosition)) * (text.length - this.#meanLength);
  }

  account(): OrderAccount {
    const at = this.#runs.findIndex(({ pairs }) => pairs > 0);
    const run = this.#runs[at];
    const n = this.#count;
    const squaresPosition = (n * (n * n - 1)) / 12;
    const spread = Math.sqrt(this.#squaresLength * squaresPosition);
    const total = run === undefined ? 0 : Object.values(run.counts).reduce((a, b) => a + b, 0);
    return {
      by: KINDS[at],
      sameAsNext: run && run.same / run.pairs,
      sameByChance:
        run &&
        Object.values(run.counts).reduce(
          (sum, count) => sum + (count * (count - 1)) / (total * (total - 1)),
          0,
        ),
      lengthTrend: spread > 0 ? this.#products / spread : undefined,
      idsAscend: this.#ascends,
    };
  }
}
