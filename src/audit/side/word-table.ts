// A decision table over words: the few words that tell most about the label, in their order, are the bin.
import type { Instances } from "./contingency.ts";

/** Words of a table at most: a table of more answers hardly any document from memory. */
const MAX_WORDS = 8;

/** A word of the table tells at least this share of what the best one tells. */
const LEAST_SHARE = 0.1;

/** Words that count in one document. */
const MAX_IN_ORDER = 4;

/** Bins; rarer combinations share the last. */
export const WORD_BINS = 256;

/** Documents with a word, from which on it counts: rarer ones cannot be trusted. */
const MIN_DOCUMENTS = 10;

/** The frequent words of documents, and how often they occur with each label. */
export class WordCounts {
  /** For each document, its frequent words in their order; numbers are those of the column. */
  readonly words: readonly (readonly number[])[];
  /** The same without repetition, as indices in `#vocabulary`. */
  readonly #once: readonly (readonly number[])[];
  readonly #vocabulary: readonly number[];

  constructor(words: readonly (readonly number[])[]) {
    const documents = new Map<number, number>();
    const sets = words.map((own) => [...new Set(own)]);
    for (const own of sets) for (const word of own) documents.set(word, (documents.get(word) ?? 0) + 1);
    this.#vocabulary = [...documents]
      .filter(([, count]) => count >= MIN_DOCUMENTS && count < words.length)
      .map(([word]) => word);
    const index = new Map(this.#vocabulary.map((word, i) => [word, i]));
    this.words = words.map((own) => own.filter((word) => index.has(word)));
    this.#once = sets.map((own) =>
      own.flatMap((word) => {
        const at = index.get(word);
        return at === undefined ? [] : [at];
      }),
    );
  }

  /** The words that tell most about the label in the instances outside a fold, the best first. */
  best({ count, slot, label, fold, labels }: Instances, leftOut: number): number[] {
    const counts = new Float64Array(this.#vocabulary.length * labels);
    const totals = new Float64Array(labels);
    for (let i = 0; i < count; i++) {
      if (fold[i] === leftOut) continue;
      const own = label[i]!;
      totals[own]!++;
      for (const word of this.#once[slot[i]!]!) counts[word * labels + own]!++;
    }
    const all = totals.reduce((sum, one) => sum + one, 0);
    const order = this.#vocabulary
      .map((word, at) => [information(counts, at, totals, all), word] as const)
      .filter(([told]) => told > 0)
      .sort((a, b) => b[0] - a[0])
      .slice(0, MAX_WORDS);
    const least = (order[0]?.[0] ?? 0) * LEAST_SHARE;
    return order.filter(([told]) => told >= least).map(([, word]) => word);
  }
}

/** Mutual information of a word's presence and the label, times the number of instances. */
function information(counts: Float64Array, word: number, totals: Float64Array, all: number): number {
  const labels = totals.length;
  let present = 0;
  for (let label = 0; label < labels; label++) present += counts[word * labels + label]!;
  if (present === 0 || present === all) return 0;
  let sum = 0;
  for (let label = 0; label < labels; label++) {
    const [with_, total] = [counts[word * labels + label]!, totals[label]!];
    if (with_ > 0) sum += with_ * Math.log((with_ * all) / (present * total));
    const without = total - with_;
    if (without > 0) sum += without * Math.log((without * all) / ((all - present) * total));
  }
  return sum;
}

/** The bin of each document: the last few of the chosen words in it, in their order. */
export function wordBins(
  words: readonly (readonly number[])[],
  chosen: readonly number[],
): { readonly of: Uint16Array; readonly keys: readonly (readonly number[])[] } {
  const digit = new Map(chosen.map((word, i) => [word, i + 1]));
  const base = chosen.length + 1;
  const binOfKey = new Map<number, number>();
  const keys: (readonly number[])[] = [];
  const of = Uint16Array.from(words, (own) => {
    let key = 0;
    let found = 0;
    for (let i = own.length - 1; i >= 0 && found < MAX_IN_ORDER; i--) {
      const value = digit.get(own[i]!);
      if (value === undefined) continue;
      key += value * base ** found;
      found++;
    }
    const known = binOfKey.get(key);
    if (known !== undefined) return known;
    if (binOfKey.size >= WORD_BINS - 1) return WORD_BINS - 1;
    binOfKey.set(key, binOfKey.size);
    keys.push(own.filter((word) => digit.has(word)).slice(-MAX_IN_ORDER));
    return binOfKey.size - 1;
  });
  return { of, keys };
}
