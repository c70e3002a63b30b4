// Which ordered pairs of a document's entities a relation model is asked about, in extraction as in training, and how many there would have been.
import type { Entity } from "../../data/index.ts";
import type { TypeConstraints } from "./type-constraints.ts";

/** Most pairs of one document, unless an extraction asks for another number. */
export const MAX_PAIRS = 64;

/** Indices into the document's entities. */
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

type Mention = Pick<Entity, "start" | "end" | "label">;

/** Two entities on the very same span are one mention: the model could not tell head from tail. */
const isOneMention = (a: Mention, b: Mention) => a.start === b.start && a.end === b.end;

/**
 * Ordered pairs of different mentions, those whose types can be related where `constraints` are given. Of more than `maxPairs` those with
 * the fewest other mentions between them stay: relations between neighbours are the likeliest, and their texts are cut least.
 */
export function candidatePairs(
  entities: readonly Mention[],
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
      if (isOneMention(entities[first]!, entities[second]!)) continue;
      ring.push({ head: first, tail: second }, { head: second, tail: first });
    }
    const allowed = ring.filter(isAllowed).sort((a, b) => gapOf(a) - gapOf(b)); // the sort is stable: text order stays
    pairs.push(...allowed.slice(0, maxPairs - pairs.length));
  }
  return { pairs, leftOut: countAllowed(entities, constraints) - pairs.length };
}

/** How many ordered pairs of different mentions the types allow, counted by type: a long text may have thousands of entities. */
function countAllowed(entities: readonly Mention[], constraints: TypeConstraints | undefined): number {
  const bySpan = new Map<string, Mention[]>();
  for (const entity of entities) {
    const key = `${entity.start}:${entity.end}`;
    const same = bySpan.get(key);
    if (same) same.push(entity);
    else bySpan.set(key, [entity]);
  }
  let total = pairsByType(entities, constraints);
  for (const same of bySpan.values()) if (same.length > 1) total -= pairsByType(same, constraints);
  return total;
}

function pairsByType(
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
