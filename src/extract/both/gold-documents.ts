// The gold side of an end-to-end score: which relations count, and which of them a bundle can never find.

import { counted } from "../../base/counted.ts";
import { increment } from "../../base/label-counts.ts";
import type { Document, Relation } from "../../data/document.ts";
import { NONE_LABEL } from "../../data/labels.ts";
import { severalLabels } from "../../extractors/pairs/pair-set.ts";
import type { TypeConstraints } from "../../extractors/pairs/type-constraints.ts";

/** Gold relations between two types. */
export interface UnaskedPair {
  readonly head: string;
  readonly tail: string;
  readonly relations: number;
  /** Whether the bundle asks about the same types in the other direction. */
  readonly reversed: boolean;
}

/** Gold relations that a bundle can never find, whatever its models answer; each counts as missed. */
export interface Unreachable {
  /** Between types that no relation of the training documents joins in this direction: never asked about. */
  readonly unasked: readonly UnaskedPair[];
  /** By label: a relation that the training documents do not have between these types. */
  readonly impossibleLabels: Readonly<Record<string, number>>;
  /** Between two entities with the same span. */
  readonly sameSpan: number;
  /** Pairs with several relations, of which a bundle gives one. */
  readonly severalLabels: number;
}

/** Counts the gold relations that a bundle can never find. */
export function unreachableOf(
  documents: readonly Document[],
  constraints: TypeConstraints | undefined,
): Unreachable {
  const unasked = new Map<string, UnaskedPair>();
  const impossibleLabels: Record<string, number> = {};
  let sameSpan = 0;
  for (const { entities, relations } of documents) {
    for (const relation of relations) {
      if (relation.label === NONE_LABEL) continue;
      const [head, tail] = [entities[relation.head]!, entities[relation.tail]!]; // readers refuse relations to entities that do not exist
      if (head.start === tail.start && head.end === tail.end) sameSpan++;
      else if (constraints && !constraints.allows(head.label, tail.label)) {
        const key = JSON.stringify([head.label, tail.label]);
        const reversed = constraints.allows(tail.label, head.label);
        const relations = (unasked.get(key)?.relations ?? 0) + 1;
        unasked.set(key, { head: head.label, tail: tail.label, relations, reversed });
      } else if (constraints?.labelsOf(head.label, tail.label)?.has(relation.label) === false)
        increment(impossibleLabels, relation.label);
    }
  }
  return {
    unasked: [...unasked.values()].sort((a, b) => b.relations - a.relations),
    impossibleLabels,
    sameSpan,
    severalLabels: severalLabels(documents),
  };
}

/** Describes relations that cannot be found, one line per reason. */
export function unreachableNotes(
  { unasked, impossibleLabels, sameSpan, severalLabels: several }: Unreachable,
  relations: number,
): string[] {
  const sum = (counts: readonly number[]) => counts.reduce((all, one) => all + one, 0);
  const notAsked = sum(unasked.map((pair) => pair.relations));
  const impossible = sum(Object.values(impossibleLabels));
  const pairs = unasked.map(
    ({ head, tail, relations: count, reversed }) =>
      `${head} > ${tail} ${count}${reversed ? ` (only ${tail} > ${head} is known)` : ""}`,
  );
  const labels = Object.entries(impossibleLabels)
    .sort(([, a], [, b]) => b - a)
    .map(([label, count]) => `${label} ${count}`);
  const of = (count: number) => `${count} of ${counted(relations, "gold relation")}`;
  return [
    ...(notAsked > 0
      ? [
          `warning: ${of(notAsked)} join types that no relation of the training documents joins, so the bundle never asks about them and they count as missed: ${firstOf(pairs)}`,
        ]
      : []),
    ...(impossible > 0
      ? [
          `warning: ${of(impossible)} have a label that never joined their types in the training documents, so they count as missed: ${firstOf(labels)}`,
        ]
      : []),
    ...(sameSpan > 0
      ? [`note: ${of(sameSpan)} join two entities with the same span, which no model can tell apart: missed`]
      : []),
    ...(several > 0
      ? [
          `note: ${counted(several, "pair")} of gold entities have several relations; at most one of each is found`,
        ]
      : []),
  ];
}

const NAMES_SHOWN = 12;

/** The most frequent names; with hundreds of labels, all of them would fill the screen. */
function firstOf(names: readonly string[]): string {
  const others = names.length - NAMES_SHOWN;
  return [...names.slice(0, NAMES_SHOWN), ...(others > 0 ? [`and ${counted(others, "other")}`] : [])].join(
    ", ",
  );
}

/** What is left out of a score on both sides: pairs whose gold relation the model does not know. */
export interface LeftOut {
  /** The documents with the relations that count. */
  readonly documents: readonly Document[];
  /** Removes relations between mentions of a pair that was left out, by document. */
  without(document: Document, at: number): Document;
}

/** Takes the relations out of `all` that are not in `known`, and with them what is found for their pairs. */
export function leftOutOf(all: readonly Document[], known: readonly Document[]): LeftOut {
  const pairsOf = (document: Document) => new Set(document.relations.map((one) => pairKey(document, one)));
  const pairs = all.map((document, i) => {
    const kept = pairsOf(known[i]!); // the same documents
    return new Set([...pairsOf(document)].filter((pair) => !kept.has(pair)));
  });
  return {
    documents: known,
    without: (document, at) => ({
      ...document,
      relations: document.relations.filter((relation) => !pairs[at]!.has(pairKey(document, relation))),
    }),
  };
}

function pairKey({ entities }: Document, { head, tail }: Relation): string {
  const [a, b] = [entities[head]!, entities[tail]!];
  return `${a.start} ${a.end} ${b.start} ${b.end}`;
}
