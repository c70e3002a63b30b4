// Chooses the ordered pairs of a document's entities that a relation model is asked about, in extraction and training, and counts the rest.
import type { Entity } from "../../data/document.ts";
import type { TypeConstraints } from "./type-constraints.ts";

/** Maximum number of pairs per document, unless an extraction sets another number. */
export const MAX_PAIRS = 64;

/** Indices into the document's entities. */
export interface CandidatePair {
  readonly head: number;
  readonly tail: number;
}

export interface CandidatePairs {
  /** Sorted by the number of mentions between, then by the characters between, then by text order. */
  readonly pairs: readonly CandidatePair[];
  /** Pairs that the types allow but `maxPairs` left out. */
  readonly leftOut: number;
}

type Mention = Pick<Entity, "start" | "end" | "label">;

/**
 * Returns ordered pairs of different mentions; with `constraints`, only those whose types can be related. If there are more than `maxPairs`,
 * keeps those with the fewest mentions between them: neighbours are the most likely to be related, and their texts are cut least. Two entities
 * with the same span are one mention: the model could not tell head from tail.
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
  const ordered = order.map((i) => entities[i]!);
  const rings = maxPairs > 0 ? partnersByDistance(ordered, constraints) : [];
  for (const ring of rings) {
    const allowed = ring
      .flatMap(([at, partner]) => {
        const [first, second] = [order[at]!, order[partner]!];
        return [
          { head: first, tail: second },
          { head: second, tail: first },
        ];
      })
      .filter(isAllowed)
      .sort((a, b) => gapOf(a) - gapOf(b)); // the sort is stable: text order is kept
    for (const pair of allowed.slice(0, maxPairs - pairs.length)) pairs.push(pair);
    if (pairs.length >= maxPairs) break;
  }
  return { pairs, leftOut: countAllowed(entities, constraints) - pairs.length };
}

/**
 * Yields unordered pairs that can be related in either direction, in rings: first all neighbours, then all with one mention between them, and so
 * on; in text order within a ring. Skips pairs that cannot be related, so the cost of a ring does not depend on the text's length.
 */
function* partnersByDistance(
  ordered: readonly Mention[],
  constraints: TypeConstraints | undefined,
): Generator<readonly (readonly [at: number, partner: number])[]> {
  const nextPartner = partnerFinder(ordered, constraints);
  // Every mention waits in the bucket for the distance to its next partner.
  const buckets: number[][] = [];
  const wait = (at: number, from: number) => {
    const partner = nextPartner(at, from);
    if (partner >= ordered.length) return;
    const bucket = buckets[partner - at];
    if (bucket) bucket.push(at);
    else buckets[partner - at] = [at];
  };
  let spanEnd = ordered.length; // after the entities with the same span
  for (let at = ordered.length - 1; at >= 0; at--) {
    const next = ordered[at + 1];
    if (next?.start !== ordered[at]!.start || next.end !== ordered[at]!.end) spanEnd = at + 1;
    wait(at, spanEnd);
  }
  for (let distance = 1; distance < ordered.length; distance++) {
    const ring = buckets[distance];
    if (ring === undefined) continue;
    delete buckets[distance];
    ring.sort((a, b) => a - b);
    for (const at of ring) wait(at, at + distance + 1);
    yield ring.map((at) => [at, at + distance] as const);
  }
}

/** Returns a function that finds the first mention from a position on that could be related to a given one; the number of mentions if none. */
function partnerFinder(
  ordered: readonly Mention[],
  constraints: TypeConstraints | undefined,
): (at: number, from: number) => number {
  if (constraints === undefined) return (_, from) => from;
  // The constraints treat all unknown types alike.
  const kinds = new Map<string | undefined, number>();
  const labels: string[] = [];
  const kindOf = ordered.map(({ label }) => {
    const type = constraints.knows(label) ? label : undefined;
    const known = kinds.get(type);
    if (known !== undefined) return known;
    kinds.set(type, labels.length);
    return labels.push(label) - 1;
  });
  const tables = labels.map((label) => {
    const fits = labels.map((other) => constraints.allows(label, other) || constraints.allows(other, label));
    const table = new Int32Array(ordered.length + 1).fill(ordered.length);
    for (let i = ordered.length - 1; i >= 0; i--) table[i] = fits[kindOf[i]!] ? i : table[i + 1]!;
    return table;
  });
  return (at, from) => tables[kindOf[at]!]![from]!;
}

/** Counts the ordered pairs of different mentions that the types allow, by type, since a long text may have thousands of entities. */
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

function pairsByType(entities: readonly Mention[], constraints: TypeConstraints | undefined): number {
  if (constraints === undefined) return entities.length * (entities.length - 1);
  // The constraints treat all unknown types alike, so one represents them all.
  const kinds = new Map<string | undefined, { readonly label: string; count: number }>();
  for (const { label } of entities) {
    const type = constraints.knows(label) ? label : undefined;
    const kind = kinds.get(type);
    if (kind) kind.count++;
    else kinds.set(type, { label, count: 1 });
  }
  let total = 0;
  for (const head of kinds.values()) {
    for (const tail of kinds.values()) {
      if (!constraints.allows(head.label, tail.label)) continue;
      total += head.count * (head === tail ? tail.count - 1 : tail.count);
    }
  }
  return total;
}
