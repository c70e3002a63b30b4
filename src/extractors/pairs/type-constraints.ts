// Records which relations can hold between two entity types: those that joined them in the training data.
import { z } from "zod";
import type { Document } from "../../data/document.ts";
import { NONE_LABEL } from "../../data/labels.ts";

/** A relation between two types, and its count. */
export interface LabelCount {
  readonly label: string;
  readonly count: number;
}

/** An ordered pair of entity types that had a relation. */
export interface TypePair {
  readonly head: string;
  readonly tail: string;
  /** Relations of the pair, over all labels. */
  readonly count: number;
  /** By label, most frequent first; absent in bundles from before labels were kept: any label may join the pair. */
  readonly labels?: readonly LabelCount[] | undefined;
}

const name = z.string().min(1);
const positive = z.int().positive();

export const typePairSchema = z.strictObject({
  head: name,
  tail: name,
  count: positive,
  labels: z
    .array(z.strictObject({ label: name, count: positive }))
    .min(1)
    .readonly()
    .optional(),
});

/** Tells whether a pair of types is worth asking about, and which relations are possible answers. */
export class TypeConstraints {
  readonly pairs: readonly TypePair[];
  readonly #labels: ReadonlyMap<string, ReadonlySet<string> | undefined>;
  readonly #types: ReadonlySet<string>;

  /** @param types all types present when the pairs were learnt; nothing is ruled out for other types */
  constructor(pairs: readonly TypePair[], types: readonly string[]) {
    this.pairs = pairs;
    this.#labels = new Map(
      pairs.map(({ head, tail, labels }) => [
        keyOf(head, tail),
        labels && new Set(labels.map(({ label }) => label)),
      ]),
    );
    this.#types = new Set(types);
  }

  allows(head: string, tail: string): boolean {
    return !this.#knowsBoth(head, tail) || this.#labels.has(keyOf(head, tail));
  }

  /** Returns the relations that can join the two types, an empty list for a pair that never had one; undefined if nothing is ruled out. */
  labelsOf(head: string, tail: string): ReadonlySet<string> | undefined {
    if (!this.#knowsBoth(head, tail)) return undefined;
    const key = keyOf(head, tail);
    return this.#labels.has(key) ? this.#labels.get(key) : NO_LABELS;
  }

  /** Whether the type was present when the pairs were learnt. */
  knows(type: string): boolean {
    return this.#types.has(type);
  }

  #knowsBoth(head: string, tail: string): boolean {
    return this.knows(head) && this.knows(tail);
  }
}

const NO_LABELS: ReadonlySet<string> = new Set();

/** Type names are not empty and may contain any character, so the length marks where the first ends. */
function keyOf(head: string, tail: string): string {
  return `${head.length}:${head}${tail}`;
}

/** Counts relations by the types that they join. */
export class TypePairCounter {
  readonly #counts = new Map<string, { head: string; tail: string; labels: Map<string, number> }>();

  add(head: string, tail: string, label: string): void {
    const key = keyOf(head, tail);
    const pair = this.#counts.get(key) ?? { head, tail, labels: new Map<string, number>() };
    this.#counts.set(key, pair);
    pair.labels.set(label, (pair.labels.get(label) ?? 0) + 1);
  }

  /** Returns the pairs, most frequent first. */
  pairs(): TypePair[] {
    return [...this.#counts.values()]
      .map(({ head, tail, labels }) => ({
        head,
        tail,
        count: [...labels.values()].reduce((sum, count) => sum + count, 0),
        labels: [...labels]
          .map(([label, count]) => ({ label, count }))
          .sort((a, b) => b.count - a.count || (a.label < b.label ? -1 : 1)),
      }))
      .sort((a, b) => b.count - a.count || (a.head + a.tail < b.head + b.tail ? -1 : 1));
  }
}

/** Returns the pairs of types in documents' own entities and relations. */
export function typePairsOf(documents: Iterable<Document>): TypePair[] {
  const counter = new TypePairCounter();
  for (const { entities, relations } of documents) {
    for (const { head, tail, label } of relations) {
      if (label === NONE_LABEL) continue;
      counter.add(entities[head]!.label, entities[tail]!.label, label); // readers refuse relations to entities that do not exist
    }
  }
  return counter.pairs();
}
