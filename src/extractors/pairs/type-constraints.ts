// Which relations can hold between two types of entities: those that joined entities of these types in the training data.
import { z } from "zod";
import type { Document } from "../../data/document.ts";
import { NONE_LABEL } from "../../data/labels.ts";

/** A relation between two types, and how often it was there. */
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
  /** By label, the commonest first; absent in bundles of before labels were kept: any label may join the pair. */
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

/** Answers whether a pair of types is worth asking, and which relations are possible answers. */
export class TypeConstraints {
  readonly pairs: readonly TypePair[];
  readonly #labels: ReadonlyMap<string, ReadonlySet<string> | undefined>;
  readonly #types: ReadonlySet<string>;

  /** @param types all types that were to be seen when the pairs were learnt; of other types nothing is known, so nothing is ruled out */
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

  /** The relations that can join the two types, none for a pair that never had one; undefined where nothing is ruled out. */
  labelsOf(head: string, tail: string): ReadonlySet<string> | undefined {
    if (!this.#knowsBoth(head, tail)) return undefined;
    const key = keyOf(head, tail);
    return this.#labels.has(key) ? this.#labels.get(key) : NO_LABELS;
  }

  /** Whether the type was to be seen when the pairs were learnt. */
  knows(type: string): boolean {
    return this.#types.has(type);
  }

  #knowsBoth(head: string, tail: string): boolean {
    return this.knows(head) && this.knows(tail);
  }
}

const NO_LABELS: ReadonlySet<string> = new Set();

/** Type names are not empty and may hold any character, so the length tells where the first ends. */
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

  /** The pairs, the commonest first. */
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

/** The pairs of types that documents' own entities and relations show. */
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
