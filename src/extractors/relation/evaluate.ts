// Scores a trained model on a data file.

import { ConfigError } from "../../base/errors.ts";
import { increment } from "../../base/label-counts.ts";
import type { Document } from "../../data/document.ts";
import { documentClusters } from "../../data/document-clusters.ts";
import { fingerprintDocuments } from "../../data/fingerprint.ts";
import { writeJsonl } from "../../data/jsonl.ts";
import { LabelSet, NONE_LABEL } from "../../data/labels.ts";
import { answerIntervals } from "../../evaluation/extraction-intervals.ts";
import { type RelationMetrics, relationMetrics } from "../../evaluation/relation-metrics.ts";
import { thresholdOf } from "../../evaluation/thresholds.ts";
import { loadExtensions } from "../../extensions/load-extensions.ts";
import { visualChannelOf } from "../../visual/visual-channel.ts";
import type { PairRule } from "../pairs/pair-rule.ts";
import { pairSetOf } from "../pairs/pair-set.ts";
import { withoutNoneNotes } from "../pairs/relation-notes.ts";
import type { EvaluateRequest, RelationEvaluationSummary, ThresholdScores } from "../requests.ts";
import { type Calibrated, calibrated } from "../shared/calibration.ts";
import type { Logits } from "../shared/class-model.ts";
import { bestLabel, probabilitiesOf } from "../shared/class-scores.ts";
import { withGold } from "../shared/gold-in-meta.ts";
import { BOOTSTRAP } from "../shared/measured-scores.ts";
import { requireAnnotations, requireSameTask, stoppable } from "../shared/prepare-documents.ts";
import { readData } from "../shared/read-data.ts";
import { requireUsedVisual } from "../shared/require-used.ts";
import { runtimeOptions } from "../shared/runtime-options.ts";
import {
  compareWithTraining,
  requireUnseen,
  type SeenDocuments,
  seenAccount,
  seenNotes,
} from "../shared/seen-documents.ts";
import { withViewCount } from "../student/evaluate-views.ts";
import type { StudentExample } from "../student/student-example.ts";
import { type LoadedModel, loadModel } from "./load-model.ts";
import { gapOfModel } from "./modality-gap.ts";
import { pairReadingOf } from "./model-config.ts";
import type { PairOptions } from "./prepare.ts";
import { scoreModel } from "./scores.ts";

/** Reads, prepares and scores; the summary counts what could not be used. */
export async function evaluateRelations(request: EvaluateRequest): Promise<RelationEvaluationSummary> {
  const { data, captions, pictures, features } = request;
  const onPreparation = stoppable(request);
  const extensions = await loadExtensions(request.extensions);
  const average = request.views?.aggregate === "average";
  const loaded = await loadModel(
    request.model,
    runtimeOptions(request),
    undefined,
    average ? "each" : "fused",
  );
  try {
    requireUsedVisual(request, visualChannelOf(loaded.config));
    const { config, visual } = loaded;
    const noneLabel = request.noneLabel ?? config.data?.noneLabel ?? undefined;
    const labels = loaded.labels.withNone(request.noneLabel, request.model);
    const reading = { ...request, extensions, ...(noneLabel === undefined ? {} : { noneLabel }) };
    const set = await readData(data, reading, onPreparation);
    const seen = await compareWithTraining([request.model], set.documents);
    requireUnseen(seen, request);
    const pairs = pairOptions(loaded, labels, request);
    if (pairs === undefined || pairSetOf(set, pairs).made.size === 0) {
      requireSameTask(set, "relations", request.model);
      requireAnnotations(set, "relations");
    }
    const sources = { captions, pictures, features };
    const channel = visual && { channel: visual, sources };
    const shows = captions !== undefined || pictures !== undefined;
    const ownVisual = channel !== undefined && (shows || !loaded.method.visualIsOptional);
    const prepared = await loaded.method.examples({
      set,
      labels,
      tokenizer: loaded.tokenizer,
      markers: loaded.markers,
      maxLength: config.maxLength,
      truncation: config.truncation,
      pairReading: pairReadingOf(config),
      unknownRelations: request.unknownRelations ?? "refuse",
      pairs,
      visual: channel,
      ownVisual,
      views: request.views,
      onPreparation,
    });
    const looks = ownVisual || request.views !== undefined;
    const examples = withViewCount(prepared.examples, request.views?.count);
    const total = examples.length;
    const model = average ? loaded.method.averaging(loaded.model, labels) : loaded.model;
    const { metrics, logits } = await scoreModel(model, examples, labels, (done) =>
      onPreparation({ what: "scoring", done, total }),
    );
    if (request.predictions !== undefined) {
      const calibration = calibrated(loaded.calibration);
      await writeJsonl(
        request.predictions,
        predictedDocuments(prepared.documents, logits, labels.labels, calibration),
        { mentionTexts: true },
      );
    }
    const withThresholds =
      loaded.thresholds && request.thresholds !== false
        ? relationsWithThresholds(examples, logits, labels, loaded)
        : undefined;
    const gap = request.modalityGap
      ? await gapOfModel(
          loaded,
          request.model,
          examples,
          clustersOf(prepared.documents),
          runtimeOptions(request),
        )
      : undefined;
    const answered = { documents: prepared.documents, examples, logits, labels };
    const account = seenAccount(seen, () => f1OfUnseen(answered, seen));
    const shown = examples.reduce((sum, { views = [] }) => sum + views.length, 0);
    return {
      task: "mre",
      visualChannel: looks ? visualChannelOf(config) : "text only",
      metrics,
      ...(withThresholds ? { withThresholds } : {}),
      ...(gap ? { modalityGap: gap } : {}),
      data: prepared.account,
      fingerprint: fingerprintDocuments(set.documents),
      seen: account,
      intervals: intervalsOf(answered),
      notes: [...withoutNoneNotes(labels), ...seenNotes(seen, account)],
      ...(prepared.views ? { views: { ...prepared.views, perExample: shown / Math.max(1, total) } } : {}),
    };
  } finally {
    await loaded.dispose();
  }
}

interface AnsweredDocuments {
  readonly documents: readonly Document[];
  /** One per relation of the documents, in order. */
  readonly examples: readonly Pick<StudentExample, "label">[];
  readonly logits: readonly Logits[];
  readonly labels: LabelSet;
}

/** Micro F1 of the documents that the model was not trained on. */
function f1OfUnseen(
  { documents, examples, logits, labels }: AnsweredDocuments,
  { isTrained }: SeenDocuments,
): number {
  const unseen = documents.flatMap((document) => document.relations.map(() => !isTrained(document)));
  const gold = examples.filter((_, i) => unseen[i]).map(({ label }) => label!); // prepared examples have labels
  const predicted = logits.filter((_, i) => unseen[i]).map(bestLabel);
  return relationMetrics(gold, predicted, labels).micro.f1;
}

function intervalsOf({ documents, examples, logits, labels }: AnsweredDocuments) {
  const nameOf = (index: number) => labels.labels[index]!; // indices into the labels
  const clusters = documentClusters(documents);
  const own = documents.flatMap(({ relations }, i) => relations.map(() => clusters[i]!));
  const isNone = (index: number) => index === labels.noneIndex;
  const best = logits.map(bestLabel);
  const gold = examples.map(({ label }) => label!); // prepared examples have labels
  const predictions = best.flatMap((index, i) =>
    isNone(index)
      ? []
      : [{ label: nameOf(index), probability: 1, right: index === gold[i], cluster: own[i]! }],
  );
  const missed = gold.flatMap((index, i) =>
    isNone(index) || index === best[i] ? [] : [{ label: nameOf(index), cluster: own[i]! }],
  );
  return answerIntervals({ predictions, missed }, { clusters, ...BOOTSTRAP });
}

/** A number per example, equal for those of documents that share a text or a picture; one example per relation, in order. */
function clustersOf(documents: readonly Document[]): readonly number[] {
  const ofDocument = documentClusters(documents);
  return documents.flatMap(({ relations }, i) => relations.map(() => ofDocument[i]!));
}

/**
 * Chooses the pairs to score: those that the model was taught to answer "None" for, unless the request names others.
 *
 * @throws ConfigError `config/no-none-label`, `config/no-type-pairs`
 */
function pairOptions(
  { pairRule }: LoadedModel,
  labels: LabelSet,
  { negatives: setting, typeConstraints: masked = true, model }: EvaluateRequest,
): PairOptions | undefined {
  const wanted = setting !== undefined && setting !== "none" && setting !== "auto";
  if (wanted && labels.noneIndex === undefined) {
    throw new ConfigError({
      code: "config/no-none-label",
      message: `unannotated pairs cannot count as ${NONE_LABEL}, because ${model} has no such label`,
      place: "--negatives",
      value: setting,
      remedy: "Train the model with --negatives typed, or score the annotated pairs alone.",
    });
  }
  if (pairRule === undefined) {
    if (!wanted) return undefined;
    if (setting === "all") return { rule: EVERY_PAIR, split: "scored", masked: false };
    throw new ConfigError({
      code: "config/no-type-pairs",
      message: `${model} was trained by an earlier version, which did not record which types its relations join`,
      place: "--negatives",
      value: setting,
      remedy: "Use --negatives all, or train the model again.",
    });
  }
  const own = labels.noneIndex === undefined ? "none" : setting;
  return { rule: pairRule, split: "scored", masked, setting: own };
}

/** For a model that does not know types. */
const EVERY_PAIR: PairRule = { setting: "all", negatives: "all", seed: 0, types: [], pairs: [] };

/** Scores what is left when every relation below its threshold becomes "None". */
function relationsWithThresholds(
  examples: readonly Pick<StudentExample, "label">[],
  logits: readonly Logits[],
  known: LabelSet,
  { calibration, thresholds }: Pick<LoadedModel, "calibration" | "thresholds">,
): ThresholdScores<RelationMetrics> | undefined {
  if (thresholds === undefined) return undefined;
  const labels = known.noneIndex === undefined ? new LabelSet([...known.labels, NONE_LABEL]) : known;
  const none = labels.noneIndex!; // it was added if it was missing
  const how = calibrated(calibration);
  const below: Record<string, number> = {};
  const answers = logits.map((scores) => {
    const best = bestLabel(scores);
    const label = labels.labels[best]!;
    if (best === none || probabilitiesOf(scores, how)[best]! >= thresholdOf(thresholds, label)) return best;
    increment(below, label);
    return none;
  });
  const gold = examples.map(({ label }) => label!); // prepared examples have labels
  return { metrics: relationMetrics(gold, answers, labels), below, thresholds };
}

/** Returns the documents with the most probable label in place of every relation, "None" included. */
function predictedDocuments(
  documents: readonly Document[],
  logits: readonly Logits[],
  labels: readonly string[],
  calibration: Calibrated,
): Document[] {
  let at = 0;
  return documents.map((document) => ({
    ...document,
    meta: withGold(document),
    relations: document.relations.map(({ head, tail }) => {
      const scores = logits[at++]!; // one row per relation, in the order of the documents
      const best = bestLabel(scores);
      return { head, tail, label: labels[best]!, probability: probabilitiesOf(scores, calibration)[best]! };
    }),
  }));
}
