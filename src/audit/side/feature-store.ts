// Keeps the features of a bounded, random sample of a split's documents, and gives them as columns.
import { type RandomIndex, seededIndex } from "../../evaluation/seeded-random.ts";
import type { FeatureSink } from "./flatten.ts";

/** Documents of a split that are looked at: enough to see an effect of one point, few enough for minutes. */
const SAMPLE = 20_000;

/** Features of one split; further ones are counted and left out, such as those of an object with ids as keys. */
const MAX_FEATURES = 2000;

/** Words of a document and feature that are kept. */
const MAX_WORDS = 64;

export type FeatureKind = "number" | "value" | "words";

/** What one document has of one feature: a number, a value's number, or numbers of words. */
type Held = number | number[];

interface Feature {
  readonly id: number;
  readonly name: string;
  readonly kind: FeatureKind;
  /** Numbers of values and words. */
  readonly known: Map<string, number>;
}

/** One feature over the sampled documents. */
export interface Column {
  readonly name: string;
  readonly kind: FeatureKind;
  /** For "number": NaN where absent. For "value": its index in `names`, -1 where absent. */
  readonly numbers: Float64Array;
  /** For "words": indices in `names`. */
  readonly words: readonly (readonly number[])[];
  readonly names: readonly string[];
}

/** The sample of one split. Its rows are those of what the caller keeps beside it, by the slots that `next` gives. */
export class FeatureStore {
  readonly #features = new Map<string, Feature>();
  readonly #list: Feature[] = [];
  readonly #rows: Map<number, Held>[] = [];
  readonly #random: RandomIndex;
  #seen = 0;
  /** Names of features beyond the limit. */
  #leftOut = 0;

  constructor(seed: number) {
    this.#random = seededIndex(seed);
  }

  get size(): number {
    return this.#rows.length;
  }

  get leftOut(): number {
    return this.#leftOut;
  }

  /** The slot of the next document, which replaces what was there; undefined if the document is not in the sample (Vitter's R). */
  next(): number | undefined {
    const seen = this.#seen++;
    const slot = seen < SAMPLE ? seen : this.#random(seen + 1);
    if (slot >= SAMPLE) return undefined;
    this.#rows[slot] = new Map();
    return slot;
  }

  /** Receives the features of the document in a slot. */
  sink(slot: number): FeatureSink {
    const row = this.#rows[slot] ?? new Map<number, Held>();
    const id = (name: string, kind: FeatureKind) => this.#id(name, kind);
    return {
      number: (name, value) => {
        const feature = id(name, "number");
        if (feature === undefined) return;
        const before = row.get(feature);
        row.set(feature, typeof before === "number" ? before + value : value); // a sum over elements of lists
      },
      value: (name, value) => {
        const feature = id(name, "value");
        if (feature !== undefined && !row.has(feature)) row.set(feature, this.#number(feature, value));
      },
      words: (name, words) => {
        const feature = id(name, "words");
        if (feature === undefined) return;
        const before = row.get(feature);
        const all = Array.isArray(before) ? before : [];
        for (const word of words) {
          if (all.length >= MAX_WORDS) break;
          all.push(this.#number(feature, word));
        }
        row.set(feature, all);
      },
    };
  }

  #id(name: string, kind: FeatureKind): number | undefined {
    const known = this.#features.get(name);
    if (known !== undefined) return known.id;
    if (this.#list.length >= MAX_FEATURES) {
      this.#leftOut++;
      return undefined;
    }
    const feature = { id: this.#list.length, name, kind, known: new Map<string, number>() };
    this.#features.set(name, feature);
    this.#list.push(feature);
    return feature.id;
  }

  #number(feature: number, value: string): number {
    const { known } = this.#list[feature]!; // made by #id
    const number = known.get(value) ?? known.size;
    known.set(value, number);
    return number;
  }

  /** The features with at least two different values, in the order in which they were first seen. */
  columns(): Column[] {
    return this.#list.flatMap((feature, id) => {
      const numbers = new Float64Array(this.size).fill(feature.kind === "value" ? -1 : Number.NaN);
      const words: (readonly number[])[] = [];
      let differ = false;
      for (const [slot, row] of this.#rows.entries()) {
        const held = row.get(id);
        if (Array.isArray(held)) words[slot] = held;
        else if (held !== undefined) numbers[slot] = held;
        if (feature.kind === "words") words[slot] ??= [];
        else differ ||= !Object.is(numbers[slot], numbers[0]);
      }
      if (feature.kind !== "words" && !differ) return [];
      return [{ name: feature.name, kind: feature.kind, numbers, words, names: [...feature.known.keys()] }];
    });
  }
}
