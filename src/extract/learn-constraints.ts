// Learns which entity types are related: from the types in documents or, if a data set has none, from the entity model's types.

import { basename } from "node:path";
import { counted } from "../base/counted.ts";
import { DataError } from "../base/errors.ts";
import type { Document, Entity, Span } from "../data/document.ts";
import { fingerprintDocuments } from "../data/fingerprint.ts";
import { NONE_LABEL } from "../data/labels.ts";
import { type TypePair, TypePairCounter } from "../extractors/pairs/type-constraints.ts";
import type { LearntConstraints } from "./bundle.ts";

/** Documents with relations, and their source. */
export interface ConstraintSource {
  readonly source: string;
  readonly documents: readonly Document[];
}

/**
 * Pairs with a smaller share of the relations, and labels of a pair with a smaller share of that label's relations, count as errors of the
 * entity model that assigned the types; annotated types all count.
 */
const MINIMUM_SHARE = 0.005;

/** The mentions that the entity model finds in each document. */
export type FindEntities = (documents: readonly Document[]) => Promise<readonly (readonly Entity[])[]>;

/**
 * Counts the pairs of types that have a relation other than "None", by label.
 *
 * If the documents' entities have types that the model knows, these are used. If they have none of them (MNRE calls every mention "entity"),
 * the model reads the texts, and a mention gets the type of the found entity that covers most of it. Two things are counted separately:
 * relations with a mention that overlaps no found entity, and rare pairs, which are probably errors of that model.
 *
 * @param types the types that the entity model knows
 * @throws DataError `data/mixed-entity-types` for documents with some types of the model and some others, `data/no-type-pairs`
 */
export async function learnConstraints(
  { source, documents }: ConstraintSource,
  types: readonly string[],
  findEntities: FindEntities,
): Promise<LearntConstraints> {
  const labels = new Set(documents.flatMap(({ entities }) => entities.map(({ label }) => label)));
  const foreign = [...labels].filter((label) => !types.includes(label));
  if (foreign.length > 0 && foreign.length < labels.size) throw mixedTypes(source, foreign, types);
  const typed = foreign.length === 0;
  const related = documents.filter(({ relations }) => relations.some(({ label }) => label !== NONE_LABEL));
  const found = typed ? [] : await findEntities(related);
  const counter = new TypePairCounter();
  let relations = 0;
  let withoutType = 0;
  related.forEach((document, i) => {
    for (const relation of document.relations) {
      if (relation.label === NONE_LABEL) continue;
      relations++;
      const [head, tail] = [relation.head, relation.tail].map((entity) => {
        const mention = document.entities[entity]!; // readers refuse relations to entities that do not exist
        return typed ? mention.label : typeOf(mention, found[i]!);
      });
      if (head === undefined || tail === undefined) withoutType++;
      else counter.add(head, tail, relation.label);
    }
  });
  const counted = counter.pairs();
  if (counted.length === 0) throw noPairs(source, relations, withoutType);
  const pairs = typed ? counted : withoutRare(counted);
  const kept = pairs.reduce((sum, { count }) => sum + count, 0);
  return {
    pairs,
    learntFrom: {
      source: basename(source),
      fingerprint: fingerprintDocuments(documents),
      documents: documents.length,
      types: typed ? "documents" : "entity model",
      relations,
      withoutType,
      rare: relations - withoutType - kept,
    },
  };
}

/** Keeps the pairs and labels that are frequent enough not to be errors of the entity model, each by its share of the whole. */
function withoutRare(pairs: readonly TypePair[]): TypePair[] {
  const total = pairs.reduce((sum, { count }) => sum + count, 0);
  const ofLabel = new Map<string, number>();
  for (const { labels = [] } of pairs) {
    for (const { label, count } of labels) ofLabel.set(label, (ofLabel.get(label) ?? 0) + count);
  }
  return pairs
    .filter(({ count }) => count >= MINIMUM_SHARE * total)
    .flatMap(({ head, tail, labels = [] }) => {
      const usual = labels.filter(({ label, count }) => count >= MINIMUM_SHARE * ofLabel.get(label)!); // counted above
      const count = usual.reduce((sum, one) => sum + one.count, 0);
      return usual.length === 0 ? [] : [{ head, tail, count, labels: usual }];
    });
}

/** Returns the label of the entity that covers most of a mention; the first of two equal ones; undefined if none overlaps. */
function typeOf(mention: Span, entities: readonly Entity[]): string | undefined {
  let best: { readonly label: string; readonly overlap: number } | undefined;
  for (const { start, end, label } of entities) {
    const overlap = Math.min(end, mention.end) - Math.max(start, mention.start);
    if (overlap > (best?.overlap ?? 0)) best = { label, overlap };
  }
  return best?.label;
}

function mixedTypes(source: string, foreign: readonly string[], types: readonly string[]): DataError {
  return new DataError({
    code: "data/mixed-entity-types",
    message: `${source} has entities of the model's types and of other types: ${foreign.join(", ")}`,
    place: source,
    value: foreign,
    remedy: `Give documents in which all entities have types of the model (${types.join(", ")}), or in which none has.`,
  });
}

function noPairs(source: string, relations: number, withoutType: number): DataError {
  return new DataError({
    code: "data/no-type-pairs",
    message: `no pair of types can be learnt from ${source} (${counted(relations, "relation")}, ${withoutType} of them with a mention that was not found)`,
    place: source,
    value: { relations, withoutType },
    remedy: "Give the documents that the relation model was trained on, or export without constraints.",
  });
}
