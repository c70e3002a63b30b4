// Confidence intervals of extraction scores: resamples documents, because what is in one document is not independent.

import { quantile } from "../base/statistics.ts";
import { NONE_LABEL } from "../data/labels.ts";
import { entityKey } from "./entity-metrics.ts";
import { requireSameLength, requireSome } from "./evaluation-error.ts";
import {
  type CountsByLabel,
  countsOfDocuments,
  type ExtractedDocument,
  entityKeys,
  relationKeys,
} from "./extraction-metrics.ts";
import { type MatchCounts, ratio } from "./match-counts.ts";
import type { LabelledPredictions } from "./precision-recall.ts";
import { seededIndex } from "./seeded-random.ts";

/** Lower and upper end of an F1. */
export type Interval = readonly [low: number, high: number];

/** Intervals of the F1 of one task. */
export interface ScoreIntervals {
  readonly micro: Interval;
  readonly macro: Interval;
  /** By name; a label is judged by the resamples in which it occurs. */
  readonly labels: readonly { readonly label: string; readonly interval: Interval }[];
}

/** Which intervals to compute, and from what. */
export interface IntervalOptions {
  /** A number per document, equal for documents that are drawn together, such as those with the same text. */
  readonly clusters: readonly number[];
  readonly seed: number;
  readonly samples: number;
  /** For instance 0.95. */
  readonly confidence: number;
}

/** Intervals for entities: an entity is correct if span and type are. */
export function entityIntervals(
  gold: readonly ExtractedDocument[],
  predicted: readonly ExtractedDocument[],
  options: IntervalOptions,
): ScoreIntervals {
  return scoreIntervals(countsOfDocuments(gold, predicted, entityKeys), options);
}

/** Intervals for relations: a relation is correct if its label, both spans and both types are. */
export function relationIntervals(
  gold: readonly ExtractedDocument[],
  predicted: readonly ExtractedDocument[],
  options: IntervalOptions,
): ScoreIntervals {
  const keysOf = (document: ExtractedDocument) => relationKeys(document, NONE_LABEL, entityKey);
  return scoreIntervals(countsOfDocuments(gold, predicted, keysOf), options);
}

/** Intervals for answers of which it is known whether they are right; `clusters` has the number of every document, also of those without an answer. */
export function answerIntervals(
  { predictions, missed }: LabelledPredictions,
  options: IntervalOptions,
): ScoreIntervals {
  const clusters = [...new Set(options.clusters)];
  const counts = new Map(clusters.map((cluster) => [cluster, new Map<string, MatchCounts>()]));
  const add = (cluster: number, label: string, one: MatchCounts) => {
    const own = counts.get(cluster);
    if (own === undefined) throw new RangeError(`cluster ${cluster} is not one of the documents' clusters`);
    const before = own.get(label) ?? { truePositives: 0, predicted: 0, support: 0 };
    own.set(label, {
      truePositives: before.truePositives + one.truePositives,
      predicted: before.predicted + one.predicted,
      support: before.support + one.support,
    });
  };
  for (const { label, right, cluster } of predictions) {
    const isRight = right ? 1 : 0;
    add(cluster, label, { truePositives: isRight, predicted: 1, support: isRight });
  }
  for (const { label, cluster } of missed)
    add(cluster, label, { truePositives: 0, predicted: 0, support: 1 });
  return scoreIntervals([...counts.values()], { ...options, clusters });
}

/**
 * The percentile bootstrap (Efron and Tibshirani 1993, section 13.3) of micro, macro and each label's F1: draws as many clusters of documents as
 * there are, with replacement, and scores each resample.
 *
 * @throws EvaluationError `evaluation/different-lengths`, `evaluation/nothing-to-evaluate`
 */
function scoreIntervals(
  documents: readonly CountsByLabel[],
  { clusters, seed, samples, confidence }: IntervalOptions,
): ScoreIntervals {
  requireSameLength("clusters", documents, clusters);
  requireSome("documents", documents);
  const labels = [...new Set(documents.flatMap((counts) => [...counts.keys()]))].sort();
  const pooled = pooledClusters(documents, clusters, labels);
  const random = seededIndex(seed);
  const micro: number[] = [];
  const macro: number[] = [];
  const perLabel: number[][] = labels.map(() => []);
  const correct = new Float64Array(labels.length);
  const marked = new Float64Array(labels.length);
  for (let sample = 0; sample < samples; sample++) {
    correct.fill(0);
    marked.fill(0);
    for (let i = 0; i < pooled.length; i++) {
      for (const [label, truePositives, both] of pooled[random(pooled.length)]!) {
        correct[label]! += truePositives;
        marked[label]! += both;
      }
    }
    const f1 = labels.map((_, label) => ratio(2 * correct[label]!, marked[label]!));
    const occurring = f1.filter((_, label) => marked[label]! > 0);
    for (const [label, value] of f1.entries()) if (marked[label]! > 0) perLabel[label]!.push(value);
    micro.push(ratio(2 * total(correct), total(marked)));
    macro.push(ratio(total(occurring), occurring.length));
  }
  const tail = (1 - confidence) / 2;
  const interval = (values: number[]): Interval => {
    const sorted = Float64Array.from(values).sort();
    return [quantile(sorted, tail), quantile(sorted, 1 - tail)];
  };
  return {
    micro: interval(micro),
    macro: interval(macro),
    labels: labels.map((label, i) => ({ label, interval: interval(perLabel[i]!) })),
  };
}

/** A label's index, its true positives, and its predicted plus its gold annotations. */
type ClusterCounts = readonly (readonly [label: number, truePositives: number, both: number])[];

function pooledClusters(
  documents: readonly CountsByLabel[],
  clusters: readonly number[],
  labels: readonly string[],
): readonly ClusterCounts[] {
  const indexOf = new Map(labels.map((label, i) => [label, i]));
  const pooled = new Map<number, Map<number, [number, number]>>();
  for (const [i, counts] of documents.entries()) {
    const cluster = pooled.get(clusters[i]!) ?? new Map<number, [number, number]>(); // lengths were checked
    pooled.set(clusters[i]!, cluster);
    for (const [label, { truePositives, predicted, support }] of counts) {
      const index = indexOf.get(label)!; // the labels are those of the documents
      const [before, both] = cluster.get(index) ?? [0, 0];
      cluster.set(index, [before + truePositives, both + predicted + support]);
    }
  }
  return [...pooled.values()].map((cluster) => [...cluster].map(([label, counts]) => [label, ...counts]));
}

function total(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum;
}
