// Which ordered pairs of a post's entities the relation model is asked about, and how many there would have been.
import type { Entity } from "../../data/index.ts";
import type { TypeConstraints } from "./type-constraints.ts";

/** Indices into the post's entities. */
export interface CandidatePair {
  readonly head: number;
  readonly tail: number;
}

export interface CandidatePairs {
  /** By the number of mentions between, then by the characters between, then in text order. */
  readonly pairs: readonly CandidatePair[];
  /** Pairs that the types allow and `maxPairs` left out. */
  readonly leftOut: number;
}

/**
 * Ordered pairs of different entities, those whose types can be related where `constraints` are given. Of more than `maxPairs` those with
 * the fewest other mentions between them stay: relations between neighbours are the likeliest, and their texts are cut least.
 */
export function candidatePairs(
  entities: readonly Pick<Entity, "start" | "end" | "label">[],
  maxPairs: number,
  constraints: TypeConstraints | undefined,
): CandidatePairs {
  const order = entities
    .map((_, i) => i)
    .sort((a, b) => entities[a]!.start - entities[b]!.start || entities[a]!.end - entities[b]!.end);
  const isAllowed = ({ head, tail }: CandidatePair) =>
    constraints?.allows(entities[head]!.label, entities[tail]!.label) ?? true;
  const gapOf = ({ head, tail }: CandidatePair) =>
    Math.max(entities[head]!.start, entities[tail]!.start) -
    Math.min(entities[head]!.end, entities[tail]!.end);
  const pairs: CandidatePair[] = [];
  for (let distance = 1; distance < order.length && pairs.length < maxPairs; distance++) {
    const ring: CandidatePair[] = [];
    for (let at = 0; at + distance < order.length; at++) {
      const [first, second] = [order[at]!, order[at + distance]!];
      ring.push({ head: first, tail: second }, { head: second, tail: first });
    }
    const allowed = ring.filter(isAllowed).sort((a, b) => gapOf(a) - gapOf(b)); // the sort is stable: text order stays
    pairs.push(...allowed.slice(0, maxPairs - pairs.length));
  }
  return { pairs, leftOut: countAllowed(entities, constraints) - pairs.length };
}

/** How many ordered pairs of different entities the types allow, counted by type: a long text may have thousands of entities. */
function countAllowed(
  entities: readonly Pick<Entity, "label">[],
  constraints: TypeConstraints | undefined,
): number {
  const counts = new Map<string, number>();
  for (const { label } of entities) counts.set(label, (counts.get(label) ?? 0) + 1);
  let total = 0;
  for (const [head, heads] of counts) {
    for (const [tail, tails] of counts) {
      if (constraints?.allows(head, tail) ?? true) total += heads * (head === tail ? tails - 1 : tails);
    }
  }
  return total;
}
