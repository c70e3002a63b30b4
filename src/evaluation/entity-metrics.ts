// Scores of entity extraction: an entity is correct if its span and its type are both right; per type, pooled and averaged.
import { requireSameLength, requireSome } from "./evaluation-error.ts";
import {
  countMatches,
  type MatchCounts,
  meanScore,
  type PrecisionRecallF1,
  pooledScore,
  type Score,
  scoreOf,
} from "./match-counts.ts";

/** An entity of a document; offsets in any unit that gold and predictions share (words, or UTF-16 code units of the text). */
export interface LabelledSpan {
  readonly start: number;
  readonly end: number;
  readonly label: string;
}

/** One entity type's row. */
export interface EntityScore extends Score {
  readonly label: string;
}

/** The same numbers as seqeval's report, and scores for the spans only. */
export interface EntityMetrics {
  readonly documents: number;
  /** Documents whose predicted entities are exactly the gold ones. */
  readonly exactDocuments: number;
  /** Counts pooled over all types: the F1 that papers report. */
  readonly micro: Score;
  /** Unweighted means over the types that occur in gold or predictions, as seqeval averages. */
  readonly macro: PrecisionRecallF1;
  /** Means weighted by the number of gold entities per type. */
  readonly weighted: PrecisionRecallF1;
  /** Scores for spans only: correct if a gold entity of any type has the same boundaries. */
  readonly boundaries: Score;
  /** Types that occur in gold or predictions, by name. */
  readonly types: readonly EntityScore[];
}

/**
 * Scores predicted entities against gold ones; each list has one item per document. A repeated entity in a document counts once.
 *
 * @throws EvaluationError `evaluation/different-lengths`, `evaluation/nothing-to-evaluate` if there is no document.
 */
export function entityMetrics(
  gold: readonly (readonly LabelledSpan[])[],
  predicted: readonly (readonly LabelledSpan[])[],
): EntityMetrics {
  requireSameLength("documents", gold, predicted);
  requireSome("documents", gold);
  const labels = [...new Set([...gold, ...predicted].flat().map(({ label }) => label))].sort();
  const counts = new Map(labels.map((label) => [label, { truePositives: 0, predicted: 0, support: 0 }]));
  const boundaries: MatchCounts[] = [];
  let exactDocuments = 0;
  for (const [i, goldSpans] of gold.entries()) {
    const found = predicted[i]!; // as many as gold
    boundaries.push(countMatches(goldSpans.map(boundaryKey), found.map(boundaryKey)));
    const goldKeys = byKey(goldSpans);
    const foundKeys = byKey(found);
    let right = 0;
    for (const { label } of goldKeys.values()) counts.get(label)!.support++; // all labels have counts
    for (const [key, { label }] of foundKeys) {
      counts.get(label)!.predicted++;
      if (!goldKeys.has(key)) continue;
      counts.get(label)!.truePositives++;
      right++;
    }
    if (right === goldKeys.size && right === foundKeys.size) exactDocuments++;
  }
  const types = labels.map((label): EntityScore => ({ label, ...scoreOf(counts.get(label)!) }));
  return {
    documents: gold.length,
    exactDocuments,
    micro: pooledScore(types),
    macro: meanScore(types),
    weighted: meanScore(
      types,
      types.map(({ support }) => support),
    ),
    boundaries: pooledScore(boundaries),
    types,
  };
}

/** Key of an entity within a document: offsets and type. */
export function entityKey({ start, end, label }: LabelledSpan): string {
  return `${start}:${end}:${label}`;
}

/** Key of a span within a document. */
export function boundaryKey({ start, end }: LabelledSpan): string {
  return `${start}:${end}`;
}

function byKey(spans: readonly LabelledSpan[]): ReadonlyMap<string, LabelledSpan> {
  return new Map(spans.map((span) => [entityKey(span), span]));
}
