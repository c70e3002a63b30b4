// Compares two answers to one post, with its picture and without, and lists what differs.
import type { Span } from "../../data/document.ts";
import type { Extraction, FoundEntity, FoundRelation } from "../post.ts";
import type {
  CategoryChange,
  Change,
  EntityChange,
  Explanation,
  Guess,
  RelationChange,
} from "./explanation.ts";

/** A smaller difference is not listed: both probabilities would often be printed alike. */
const SMALLEST_DIFFERENCE = 0.01;

type Answer = Pick<Extraction, "entities" | "relations" | "category">;

/** Returns what the picture changed, in text order: entities are compared by their spans, relations by those of their mentions. */
export function compareAnswers(withPicture: Answer, withoutPicture: Answer): Explanation["changed"] {
  const category = changeOf(guessOf(withPicture.category), guessOf(withoutPicture.category));
  return {
    entities: changesOf(withPicture.entities, withoutPicture.entities, spanKey).map(
      ({ one: { start, end, text }, ...changed }): EntityChange => ({
        ...ordered(changed),
        start,
        end,
        text,
      }),
    ),
    relations: changesOf(placed(withPicture), placed(withoutPicture), pairKey).map(
      ({ one: { headSpan, tailSpan, headText, tailText }, ...changed }): RelationChange => ({
        ...ordered(changed),
        ...{ head: headSpan, tail: tailSpan, headText, tailText },
      }),
    ),
    ...(category ? { category } : {}),
  };
}

/** A relation with the spans of its mentions. */
interface PlacedRelation extends FoundRelation {
  readonly headSpan: Span;
  readonly tailSpan: Span;
}

function placed({ entities, relations }: Answer): PlacedRelation[] {
  return relations.map((relation) => ({
    ...relation,
    headSpan: spanOf(entities[relation.head]!), // relations point at entities of their own answer
    tailSpan: spanOf(entities[relation.tail]!),
  }));
}

const spanOf = ({ start, end }: FoundEntity): Span => ({ start, end });
const spanKey = ({ start, end }: Span) => `${start}:${end}`;
const pairKey = ({ headSpan, tailSpan }: PlacedRelation) => `${spanKey(headSpan)} ${spanKey(tailSpan)}`;

/** Changes in the order of `after`, then what is missing there, in the order of `before`. */
function changesOf<One extends Guess>(
  after: readonly One[],
  before: readonly One[],
  keyOf: (one: One) => string,
): (CategoryChange & { readonly one: One })[] {
  const known = new Map(before.map((one) => [keyOf(one), one]));
  const kept = new Set(after.map(keyOf));
  const pairs = [
    ...after.map((one) => ({ one, now: one, was: known.get(keyOf(one)) })),
    ...before.filter((one) => !kept.has(keyOf(one))).map((one) => ({ one, now: undefined, was: one })),
  ];
  return pairs.flatMap(({ one, now, was }) => {
    const changed = changeOf(guessOf(now), guessOf(was));
    return changed ? [{ one, ...changed }] : [];
  });
}

function changeOf(withPicture: Guess | null, withoutPicture: Guess | null): CategoryChange | undefined {
  const change = kindOf(withPicture, withoutPicture);
  return change && { change, withPicture, withoutPicture };
}

function kindOf(now: Guess | null, then: Guess | null): Change | undefined {
  if (now === null) return then === null ? undefined : "removed";
  if (then === null) return "added";
  if (now.label !== then.label) return "relabelled";
  if (now.probability === undefined || then.probability === undefined) return undefined; // given, not found
  const difference = now.probability - then.probability;
  if (Math.abs(difference) < SMALLEST_DIFFERENCE) return undefined;
  return difference > 0 ? "more" : "less";
}

function guessOf(one: Guess | undefined): Guess | null {
  if (one === undefined) return null;
  const { label, probability } = one;
  return { label, ...(probability === undefined ? {} : { probability }) };
}

function ordered({ change, withPicture, withoutPicture }: CategoryChange): CategoryChange {
  return { change, withPicture, withoutPicture };
}
