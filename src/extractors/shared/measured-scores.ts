// Scores of a model on a data file, in the form that records, model cards and the server share.

import { z } from "zod";
import { answerIntervals, type ScoreIntervals } from "../../evaluation/extraction-intervals.ts";
import {
  meanScore,
  type PrecisionRecallF1,
  pooledScore,
  type Score,
  scoreOf,
} from "../../evaluation/match-counts.ts";
import type { LabelledPredictions } from "../../evaluation/precision-recall.ts";

const ratio = z.number().min(0).max(1);
const count = z.int().nonnegative();
/** Ends of the 95 % interval of the F1; null if it was not computed. */
const interval = z.tuple([ratio, ratio]).readonly().nullable();
const scored = { precision: ratio, recall: ratio, f1: ratio, interval, gold: count, predicted: count };

export const scoreTableSchema = z.strictObject({
  /** What was scored. */
  of: z.enum(["entities", "relations", "relations end to end", "categories"]),
  /** Micro scores: pooled over all labels but "None". */
  ...scored,
  /** Unweighted mean over the labels that occur. */
  macroF1: ratio,
  labels: z.array(z.strictObject({ label: z.string(), ...scored })).readonly(),
});

/** Precision, recall and F1 in [0, 1], pooled and per label. */
export type ScoreTable = z.output<typeof scoreTableSchema>;

export const measurementSchema = z.strictObject({
  data: z.strictObject({
    /** The file's name, without its folders. */
    source: z.string(),
    /** sha256 over its documents. */
    fingerprint: z.string(),
    documents: count,
  }),
  /** "validation": the documents chose the best epoch, so that scores on others will be lower. */
  split: z.enum(["validation", "test"]),
  /** How many of the documents' texts the model was trained on; null if its training is not on record. */
  trained: count.nullable(),
  scores: z.array(scoreTableSchema).readonly(),
});

/** Scores of a model on the documents of one file. */
export type Measurement = z.output<typeof measurementSchema>;

const SAMPLES = 1000; // the ends of a 95 % interval then rest on 25 resamples each
const CONFIDENCE = 0.95;
const SEED = 1; // the same documents have the same intervals

/** How intervals of scores are made: resamples of documents, those with the same text or picture drawn together. */
export const BOOTSTRAP = { samples: SAMPLES, confidence: CONFIDENCE, seed: SEED } as const;

/** Scores of answers of which it is known whether they are right; `clusters` has a number for each document. */
export function scoresOfAnswers(
  of: ScoreTable["of"],
  answers: LabelledPredictions,
  clusters: readonly number[],
): ScoreTable {
  const counts = new Map<string, { truePositives: number; predicted: number; support: number }>();
  const countsOf = (label: string) => {
    const found = counts.get(label) ?? { truePositives: 0, predicted: 0, support: 0 };
    counts.set(label, found);
    return found;
  };
  for (const { label, right } of answers.predictions) {
    const own = countsOf(label);
    own.predicted++;
    if (right) own.truePositives++;
    if (right) own.support++;
  }
  for (const { label } of answers.missed) countsOf(label).support++;
  const labels = [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, own]) => ({ label, ...scoreOf(own) }));
  const intervals = clusters.length > 0 ? answerIntervals(answers, { clusters, ...BOOTSTRAP }) : undefined;
  return scoreTable(of, { micro: pooledScore(labels), macro: meanScore(labels), labels, intervals });
}

/** The parts of a score table. */
export interface ScoreParts {
  readonly micro: Score;
  readonly macro: PrecisionRecallF1;
  readonly labels: readonly (Score & { readonly label: string })[];
  readonly intervals: ScoreIntervals | undefined;
}

/** Puts scores of one kind into a table, without labels that neither occur nor are predicted. */
export function scoreTable(
  of: ScoreTable["of"],
  { micro, macro, labels, intervals }: ScoreParts,
): ScoreTable {
  const row = (score: Score, interval: readonly [number, number] | undefined) => ({
    precision: score.precision,
    recall: score.recall,
    f1: score.f1,
    interval: interval ?? null,
    gold: score.support,
    predicted: score.predicted,
  });
  const intervalOf = (label: string) => intervals?.labels.find((one) => one.label === label)?.interval;
  return {
    of,
    ...row(micro, intervals?.micro),
    macroF1: macro.f1,
    labels: labels
      .filter(({ support, predicted }) => support + predicted > 0)
      .map((one) => ({ label: one.label, ...row(one, intervalOf(one.label)) })),
  };
}
