// Which ordered pairs of a document's entities a relation model is asked about, in extraction as in training, and how many there would have been.
import type { Entity } from "../../data/document.ts";
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

/**
 * Ordered pairs of different mentions, those whose types can be related where `constraints` are given. Of more than `maxPairs` those with
 * the fewest other mentions between them stay: relations between neighbours are the likeliest, and their texts are cut least. Two entities on
 * the same span are one mention: the model could not tell head from tail.
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
      .sort((a, b) => gapOf(a) - gapOf(b)); // the sort is stable: text order stays
    for (const pair of allowed.slice(0, maxPairs - pairs.length)) pairs.push(pair);
    if (pairs.length >= maxPairs) break;
  }
  return { pairs, leftOut: countAllowed(entities, constraints) - pairs.length };
}

/**
 * Unordered pairs that can be related one way or the other, in rings: first all neighbours, then all with one mention between them, and so on;
 * within a ring in text order. Pairs that cannot be related are never looked at, so a ring costs what it holds, however long the text.
 */
function* partnersByDistance(
  ordered: readonly Mention[],
  constraints: TypeConstraints | undefined,
): Generator<readonly (readonly [at: number, partner: number])[]> {
  const nextPartner = partnerFinder(ordered, constraints);
  // Every mention waits in the bucket of the distance to its next partner.
  const buckets: number[][] = [];
  const wait = (at: number, from: number) => {
    const partner = nextPartner(at, from);
    if (partner >= ordered.length) return;
    const bucket = buckets[partner - at];
    if (bucket) bucket.push(at);
    else buckets[partner - at] = [at];
  };
  let spanEnd = ordered.length; // behind the entities on the same span
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

/** Gives the first mention from a position on that could be related with a given one; the number of mentions where there is none. */
function partnerFinder(
  ordered: readonly Mention[],
  constraints: TypeConstraints | undefined,
): (at: number, from: number) => number {
  if (constraints === undefined) return (_, from) => from;
  // Types of which the constraints know nothing are all alike.
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

function pairsByType(entities: readonly Mention[], constraints: TypeConstraints | undefined): number {
  if (constraints === undefined) return entities.length * (entities.length - 1);
  // Types of which the constraints know nothing are all alike: one of them stands for the others.
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
