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
  const goldKeys = keysByLabel(gold, noneLabel, keyOf);
  const foundKeys = keysByLabel(predicted, noneLabel, keyOf);
  const names = [...new Set([...goldKeys.keys(), ...foundKeys.keys()])].sort();
  const labels = names.map((label) => {
    const counts: MatchCounts = countMatches(goldKeys.get(label) ?? [], foundKeys.get(label) ?? []);
    return { label, ...scoreOf(counts) };
  });
  return { micro: pooledScore(labels), macro: meanScore(labels), labels };
}

/** Unique keys of the relations by label, over all documents. */
function keysByLabel(
  documents: readonly ExtractedDocument[],
  noneLabel: string,
  keyOf: (entity: LabelledSpan) => string,
): ReadonlyMap<string, readonly string[]> {
  const keys = new Map<string, string[]>();
  for (const [i, { id, entities, relations }] of documents.entries()) {
    for (const { head, tail, label } of relations) {
      const [headEntity, tailEntity] = [entities[head], entities[tail]];
      if (!headEntity || !tailEntity) throw badRelation(id, label, head, tail, entities.length);
      if (label === noneLabel) continue;
      const ofLabel = keys.get(label) ?? [];
      ofLabel.push(JSON.stringify([i, keyOf(headEntity), keyOf(tailEntity)]));
      keys.set(label, ofLabel);
    }
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
