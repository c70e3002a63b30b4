// Joins the samples of one document: the probability of a span with its label, or of a relation, is the share of usable samples that gave it.
// That is agreement, not accuracy: a model that is always wrong in the same way agrees with itself.
import type { Span } from "../data/document.ts";
import type { GroundedAnswer, GroundedRelation } from "./ground-answer.ts";
import type { GroundedEntity } from "./relation-ends.ts";
import type { AnnotationSchema } from "./schema.ts";

/** A mention and the share of samples that gave it; undefined with fewer than two samples, which cannot agree. */
export interface AgreedEntity extends GroundedEntity {
  readonly share: number;
}

/** A relation between two of the agreed entities, by position. */
export interface AgreedRelation {
  readonly head: number;
  readonly tail: number;
  readonly label: string;
  readonly share: number;
}

/** What the samples of a document say together. */
export interface Agreement {
  readonly entities: readonly AgreedEntity[];
  readonly relations: readonly AgreedRelation[];
  /** Mentions below the least agreement, or overlapped by one with more of it; the most probable first. */
  readonly leftOut: readonly (AgreedEntity & { readonly why: LeftOutReason })[];
  /** Relations that were left out, by reason. */
  readonly relationsLeftOut: Readonly<Record<RelationLeftOutReason, number>>;
  /** The largest share of a relation that was left out for little agreement; 0 if there is none. */
  readonly strongestLeftOutRelation: number;
}

/** Why an entity of some sample is not in the document. */
export type LeftOutReason = "little-agreement" | "overlap";
/** The same for a relation. */
export type RelationLeftOutReason = "little-agreement" | "without-mention" | "wrong-types";

/** Tolerates the rounding of shares such as 2/3. */
const ROUNDING = 1e-9;

/**
 * Joins samples.
 *
 * @param answers the usable samples; at least one
 * @param least share of samples that an entity or relation needs, 0 to 1
 */
export function agree(
  answers: readonly GroundedAnswer[],
  schema: AnnotationSchema,
  least: number,
): Agreement {
  const total = answers.length;
  const entityVotes = votes(
    answers.map(({ entities }) => entities),
    ({ start, end, label }) => `${start} ${end} ${label}`,
  );
  const order = Object.keys(schema.entities);
  const ranked = [...entityVotes.values()]
    .map(({ item, count }) => ({ ...item, share: count / total }))
    .sort(
      (a, b) =>
        b.share - a.share ||
        b.end - b.start - (a.end - a.start) ||
        a.start - b.start ||
        order.indexOf(a.label) - order.indexOf(b.label),
    );
  const kept: AgreedEntity[] = [];
  const leftOut: (AgreedEntity & { why: LeftOutReason })[] = [];
  for (const entity of ranked) {
    if (entity.share + ROUNDING < least) leftOut.push({ ...entity, why: "little-agreement" });
    else if (kept.some((other) => conflict(entity, other, schema.overlaps)))
      leftOut.push({ ...entity, why: "overlap" });
    else kept.push(entity);
  }
  kept.sort((a, b) => a.start - b.start || a.end - b.end);
  return { entities: kept, leftOut, ...agreeOnRelations(answers, kept, schema, least) };
}

function agreeOnRelations(
  answers: readonly GroundedAnswer[],
  entities: readonly AgreedEntity[],
  schema: AnnotationSchema,
  least: number,
): Pick<Agreement, "relations" | "relationsLeftOut" | "strongestLeftOutRelation"> {
  const positions = new Map(entities.map(({ start, end }, i) => [`${start} ${end}`, i]));
  const at = ({ start, end }: Span) => positions.get(`${start} ${end}`);
  const relationVotes = votes(
    answers.map(({ relations }) => relations),
    ({ head, tail, label }) => `${head.start} ${head.end} ${tail.start} ${tail.end} ${label}`,
  );
  const relations: AgreedRelation[] = [];
  const relationsLeftOut = { "little-agreement": 0, "without-mention": 0, "wrong-types": 0 };
  let strongestLeftOutRelation = 0;
  for (const { item, count } of relationVotes.values()) {
    const share = count / answers.length;
    const [head, tail] = [at(item.head), at(item.tail)];
    if (share + ROUNDING < least) {
      relationsLeftOut["little-agreement"]++;
      strongestLeftOutRelation = Math.max(strongestLeftOutRelation, share);
    } else if (head === undefined || tail === undefined) relationsLeftOut["without-mention"]++;
    else if (!fits(item, entities[head], entities[tail], schema)) relationsLeftOut["wrong-types"]++;
    else relations.push({ head, tail, label: item.label, share });
  }
  relations.sort((a, b) => a.head - b.head || a.tail - b.tail || (a.label < b.label ? -1 : 1));
  return { relations, relationsLeftOut, strongestLeftOutRelation };
}

/** The majority may have given an end another type than the sample with the relation. */
function fits(
  { label }: GroundedRelation,
  head: AgreedEntity | undefined,
  tail: AgreedEntity | undefined,
  schema: AnnotationSchema,
): boolean {
  const { head: heads, tail: tails } = schema.relations[label] ?? {};
  return (heads?.includes(head?.label ?? "") ?? true) && (tails?.includes(tail?.label ?? "") ?? true);
}

function conflict(a: Span, b: Span, overlaps: AnnotationSchema["overlaps"]): boolean {
  if (a.start === b.start && a.end === b.end) return true; // one span has one label
  return overlaps === "resolve" && a.start < b.end && b.start < a.end;
}

/** In how many samples each item occurs, in the order of first occurrence. */
function votes<Item>(
  samples: readonly (readonly Item[])[],
  keyOf: (item: Item) => string,
): Map<string, { readonly item: Item; readonly count: number }> {
  const found = new Map<string, { readonly item: Item; readonly count: number }>();
  for (const sample of samples) {
    for (const [key, item] of new Map(sample.map((one) => [keyOf(one), one]))) {
      found.set(key, { item: found.get(key)?.item ?? item, count: (found.get(key)?.count ?? 0) + 1 });
    }
  }
  return found;
}
