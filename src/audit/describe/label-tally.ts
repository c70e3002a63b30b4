// Counts labels, and the documents that have them.
import type { LabelShare } from "./description.ts";

/** Labels of one kind in a split. */
export class LabelTally {
  readonly #labels = new Map<string, { count: number; documents: number; last: number }>();
  #documents = 0;
  #total = 0;

  /** @param labels of one document, one for each annotation */
  see(labels: readonly string[]): void {
    this.#documents++;
    for (const label of labels) {
      const known = this.#labels.get(label) ?? { count: 0, documents: 0, last: 0 };
      this.#labels.set(label, known);
      known.count++;
      this.#total++;
      if (known.last === this.#documents) continue;
      known.documents++;
      known.last = this.#documents;
    }
  }

  /** The most frequent first. */
  shares(): LabelShare[] {
    return [...this.#labels]
      .map(([label, { count, documents }]) => ({ label, count, share: count / this.#total, documents }))
      .sort((a, b) => b.count - a.count || (a.label < b.label ? -1 : 1));
  }
}
