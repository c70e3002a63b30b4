// Scores of end-to-end extraction from raw text: entities, and relations between the extracted entities.
import { counted } from "../base/counted.ts";
import { NONE_LABEL } from "../data/labels.ts";
import {
  boundaryKey,
  type EntityMetrics,
  entityKey,
  entityMetrics,
  type LabelledSpan,
} from "./entity-metrics.ts";
import { EvaluationError, requireSameLength } from "./evaluation-error.ts";
import {
  countMatches,
  type MatchCounts,
  meanScore,
  type PrecisionRecallF1,
  pooledScore,
  type Score,
  scoreOf,
} from "./match-counts.ts";

/** Entities and relations of one document; a `Document` is one. */
export interface ExtractedDocument {
  readonly id: string;
  readonly entities: readonly LabelledSpan[];
  /** `head` and `tail` are indices into `entities`. */
  readonly relations: readonly { readonly head: number; readonly tail: number; readonly label: string }[];
}

/** Relation scores under one criterion for "correct". */
export interface RelationMatching {
  /** Pooled over all labels. */
  readonly micro: Score;
  /** Unweighted means over the labels that occur in gold or predictions. */
  readonly macro: PrecisionRecallF1;
  /** Labels that occur in gold or predictions, by name. */
  readonly labels: readonly (Score & { readonly label: string })[];
}

/** Scores of entities, and of relations by two criteria (strict and boundaries in Taillé et al. 2020). */
export interface ExtractionMetrics {
  readonly documents: number;
  readonly entities: EntityMetrics;
  /** Correct: the relation's label and direction, both spans, and both entity types. */
  readonly strict: RelationMatching;
  /** Correct: the relation's label and direction, and both spans. */
  readonly boundaries: RelationMatching;
}

/**
 * Scores extracted documents against gold ones, in the same order. Relations labelled `noneLabel` mean "no relation" and are ignored on
 * both sides. A repeated relation in a document counts once.
 *
 * @throws EvaluationError `evaluation/different-lengths`, `evaluation/different-documents`, `evaluation/bad-relation`,
 *   `evaluation/nothing-to-evaluate`.
 */
export function extractionMetrics(
  gold: readonly ExtractedDocument[],
  predicted: readonly ExtractedDocument[],
  noneLabel: string = NONE_LABEL,
): ExtractionMetrics {
  requireSameLength("documents", gold, predicted);
  for (const [i, { id }] of gold.entries()) {
    if (predicted[i]!.id !== id) throw differentDocuments(i, id, predicted[i]!.id); // as many as gold
  }
  const entitiesOf = ({ entities }: ExtractedDocument) => entities;
  return {
    documents: gold.length,
    entities: entityMetrics(gold.map(entitiesOf), predicted.map(entitiesOf)),
    strict: matchRelations(gold, predicted, noneLabel, entityKey),
    boundaries: matchRelations(gold, predicted, noneLabel, boundaryKey),
  };
}

function matchRelations(
  gold: readonly ExtractedDocument[],
  predicted: readonly ExtractedDocument[],
  noneLabel: string,
  keyOf: (entity: LabelledSpan) => string,
): RelationMatching {
  const keysOf = (document: ExtractedDocument) => relationKeys(document, noneLabel, keyOf);
  const labels = [...pooledCounts(countsOfDocuments(gold, predicted, keysOf))]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, counts]) => ({ label, ...scoreOf(counts) }));
  return { micro: pooledScore(labels), macro: meanScore(labels), labels };
}

/** Keys of a document's annotations by label. */
type KeysByLabel = ReadonlyMap<string, readonly string[]>;
/** A document's counts by label; a label without annotation in gold and prediction is absent. */
export type CountsByLabel = ReadonlyMap<string, MatchCounts>;

/** Compares each document's annotations with the gold ones, as many and in the same order; each key counts once. */
export function countsOfDocuments(
  gold: readonly ExtractedDocument[],
  predicted: readonly ExtractedDocument[],
  keysOf: (document: ExtractedDocument) => KeysByLabel,
): readonly CountsByLabel[] {
  return gold.map((document, i) => {
    const [wanted, found] = [keysOf(document), keysOf(predicted[i]!)]; // as many as gold
    const labels = new Set([...wanted.keys(), ...found.keys()]);
    return new Map(
      [...labels].map((label) => [label, countMatches(wanted.get(label) ?? [], found.get(label) ?? [])]),
    );
  });
}

function pooledCounts(documents: readonly CountsByLabel[]): ReadonlyMap<string, MatchCounts> {
  const byLabel = new Map<string, MatchCounts[]>();
  for (const counts of documents) {
    for (const [label, one] of counts) {
      const known = byLabel.get(label);
      if (known) known.push(one);
      else byLabel.set(label, [one]);
    }
  }
  return new Map([...byLabel].map(([label, counts]) => [label, pooledScore(counts)]));
}

/** Keys of a document's entities by type: their spans. */
export function entityKeys({ entities }: ExtractedDocument): KeysByLabel {
  const keys = new Map<string, string[]>();
  for (const entity of entities) {
    keys.set(entity.label, [...(keys.get(entity.label) ?? []), boundaryKey(entity)]);
  }
  return keys;
}

/**
 * Keys of a document's relations by label: the keys of head and tail.
 *
 * @throws EvaluationError `evaluation/bad-relation`
 */
export function relationKeys(
  { id, entities, relations }: ExtractedDocument,
  noneLabel: string,
  keyOf: (entity: LabelledSpan) => string,
): KeysByLabel {
  const keys = new Map<string, string[]>();
  for (const { head, tail, label } of relations) {
    const [headEntity, tailEntity] = [entities[head], entities[tail]];
    if (!headEntity || !tailEntity) throw badRelation(id, label, head, tail, entities.length);
    if (label === noneLabel) continue;
    const ofLabel = keys.get(label) ?? [];
    ofLabel.push(JSON.stringify([keyOf(headEntity), keyOf(tailEntity)]));
    keys.set(label, ofLabel);
  }
  return keys;
}

function differentDocuments(place: number, gold: string, predicted: string): EvaluationError {
  return new EvaluationError({
    code: "evaluation/different-documents",
    message: `document ${place} is ${JSON.stringify(gold)} in the gold data but ${JSON.stringify(predicted)} in the predictions`,
    place: `document ${place}`,
    value: [gold, predicted],
    remedy: "Give the same documents in the same order.",
  });
}

function badRelation(id: string, label: string, head: number, tail: number, count: number): EvaluationError {
  return new EvaluationError({
    code: "evaluation/bad-relation",
    message: `document ${JSON.stringify(id)} relates entities ${head} and ${tail} as ${label}, but has ${counted(count, "entity", "entities")}`,
    place: `document ${id}`,
    value: [head, tail],
    remedy: "A relation's head and tail are indices into the entities of its document.",
  });
}
