// Scores a trained model on a data file.

import { ConfigError, DataError } from "../../base/errors.ts";
import type { Document } from "../../data/document.ts";
import { writeJsonl } from "../../data/jsonl.ts";
import { type LabelSet, NONE_LABEL } from "../../data/labels.ts";
import type { DocumentSet } from "../../data/readers.ts";
import { loadExtensions } from "../../extensions/load-extensions.ts";
import type { VisualInput } from "../../visual/visual-channel.ts";
import type { PairRule } from "../pairs/pair-rule.ts";
import { pairSetOf } from "../pairs/pair-set.ts";
import { withoutNoneNotes } from "../pairs/relation-notes.ts";
import type { EvaluateRequest, RelationEvaluationSummary } from "../requests.ts";
import { type Calibrated, calibrated } from "../shared/calibration.ts";
import { requireAnnotations, stoppable } from "../shared/prepare-documents.ts";
import { readData } from "../shared/read-data.ts";
import { requireUsedVisual } from "../shared/require-used.ts";
import { runtimeOptions } from "../shared/runtime-options.ts";
import { seenNotes } from "../shared/seen-documents.ts";
import type { PreparedSet } from "../shared/training-task.ts";
import { averagingPredictor, withViewCount } from "../student/evaluate-views.ts";
import { prepareStudents, type StudentSet } from "../student/prepare-students.ts";
import type { StudentExample } from "../student/student-example.ts";
import { type LoadedModel, loadModel } from "./load-model.ts";
import { type RelationModelConfig, visualChannelOf } from "./model-config.ts";
import { type PairOptions, prepareExamples } from "./prepare.ts";
import type { Logits } from "./relation-model.ts";
import { bestLabel, probabilitiesOf, scoreModel } from "./scores.ts";

/** Reads, prepares and scores; what could not be used is counted in the summary. */
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
    const pairs = pairOptions(loaded, labels, request);
    if (pairs === undefined || pairSetOf(set, pairs).made.size === 0) requireAnnotations(set, "relations");
    const sources = { captions, pictures, features };
    const channel = visual && { channel: visual, sources };
    const prepared = await prepareFor({ ...loaded, labels }, set, channel, request, onPreparation, pairs);
    const looks = ownVisual(config, channel, request) !== undefined || request.views !== undefined;
    const examples = withViewCount(prepared.examples, request.views?.count);
    const total = examples.length;
    const model =
      average && "student" in config
        ? averagingPredictor(loaded.model, config.student.real, labels.size)
        : loaded.model;
    const { metrics, logits } = await scoreModel(model, examples, labels, (done) =>
      onPreparation({ what: "scoring", done, total }),
    );
    if (request.predictions !== undefined) {
      const calibration = calibrated(loaded.calibration);
      await writeJsonl(
        request.predictions,
        predictedDocuments(prepared.documents, logits, labels.labels, calibration),
      );
    }
    const shown = examples.reduce((sum, { views = [] }) => sum + views.length, 0);
    return {
      task: "mre",
      visualChannel: looks ? visualChannelOf(config) : "text only",
      metrics,
      data: prepared.account,
      notes: [...withoutNoneNotes(labels), ...(await seenNotes(request.model, set.documents))],
      ...(prepared.views ? { views: { ...prepared.views, perExample: shown / Math.max(1, total) } } : {}),
    };
  } finally {
    await loaded.dispose();
  }
}

/** Examples as the model reads them; generated views are for students of MI2RAGE alone. */
async function prepareFor(
  { config, labels, tokenizer, markers }: LoadedModel,
  set: DocumentSet,
  visual: VisualInput | undefined,
  request: EvaluateRequest,
  onPreparation: NonNullable<EvaluateRequest["onPreparation"]>,
  pairs: PairOptions | undefined,
): Promise<PreparedSet<StudentExample> & Pick<StudentSet, "views">> {
  const { maxLength, truncation } = config;
  const { views, unknownRelations = "refuse" } = request;
  const asked = {
    set,
    labels,
    tokenizer,
    markers,
    maxLength,
    truncation,
    unknownRelations,
    pairs,
    onPreparation,
  };
  if (!("student" in config)) {
    if (views === undefined) return prepareExamples({ ...asked, visual });
    throw new DataError({
      code: "data/unwanted-visual",
      message: "generated views are given, but this model was not trained to read them",
      place: views.store,
      remedy: 'Omit the views, or use a model that was trained with method "mi2rage".',
    });
  }
  return prepareStudents({
    ...asked,
    real: config.student.real,
    visual: ownVisual(config, visual, request),
    wanted: views && { store: views.store, hidesOwn: false, visual },
  });
}

/**
 * The pairs that are scored: those that the model was taught to say "None" to, unless the request asks for others.
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

/** For a model that knows nothing of types. */
const EVERY_PAIR: PairRule = { setting: "all", negatives: "all", seed: 0, types: [], pairs: [] };

/** A student of real texts reads them alone where no pictures or captions are given; one of real pictures needs them. */
function ownVisual(
  config: RelationModelConfig,
  visual: VisualInput | undefined,
  { captions, pictures }: EvaluateRequest,
): VisualInput | undefined {
  const optional = "student" in config && config.student.real === "text";
  return optional && captions === undefined && pictures === undefined ? undefined : visual;
}

/** The documents with the most probable label in every relation's place, "None" included. */
function predictedDocuments(
  documents: readonly Document[],
  logits: readonly Logits[],
  labels: readonly string[],
  calibration: Calibrated,
): Document[] {
  let at = 0;
  return documents.map((document) => ({
    ...document,
    relations: document.relations.map(({ head, tail }) => {
      const scores = logits[at++]!; // one row per relation, in the order of the documents
      const best = bestLabel(scores);
      return { head, tail, label: labels[best]!, probability: probabilitiesOf(scores, calibration)[best]! };
    }),
  }));
}
