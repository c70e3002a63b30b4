// Which types of entities can be related at all: the pairs that had a relation in the training data.
import { z } from "zod";

/** A pair of entity types and how often it had a relation. */
export interface TypePair {
  readonly head: string;
  readonly tail: string;
  readonly count: number;
}

export const typePairSchema = z.strictObject({
  head: z.string().min(1),
  tail: z.string().min(1),
  count: z.int().positive(),
});

/** Answers whether a pair of types is worth asking. */
export class TypeConstraints {
  readonly pairs: readonly TypePair[];
  readonly #allowed: ReadonlySet<string>;
  readonly #types: ReadonlySet<string>;

  /** @param types all types the entity model knows; of other types nothing is known, so nothing is ruled out */
  constructor(pairs: readonly TypePair[], types: readonly string[]) {
    this.pairs = pairs;
    this.#allowed = new Set(pairs.map(({ head, tail }) => keyOf(head, tail)));
    this.#types = new Set(types);
  }

  allows(head: string, tail: string): boolean {
    return !(this.#types.has(head) && this.#types.has(tail)) || this.#allowed.has(keyOf(head, tail));
  }
}

/** Type names are not empty and may hold any character, so the length tells where the first ends. */
function keyOf(head: string, tail: string): string {
  return `${head.length}:${head}${tail}`;
}
