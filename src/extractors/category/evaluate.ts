// Scores a trained category model on a data file.
import { increment } from "../../base/label-counts.ts";
import type { Document } from "../../data/document.ts";
import { documentClusters } from "../../data/document-clusters.ts";
import { fingerprintDocuments } from "../../data/fingerprint.ts";
import { writeJsonl } from "../../data/jsonl.ts";
import type { LabelSet } from "../../data/labels.ts";
import { type CategoryMetrics, categoryMetrics } from "../../evaluation/category-metrics.ts";
import { entityIntervals } from "../../evaluation/extraction-intervals.ts";
import { thresholdOf } from "../../evaluation/thresholds.ts";
import { loadExtensions } from "../../extensions/load-extensions.ts";
import type { CategoryEvaluationSummary, EvaluateRequest, ThresholdScores } from "../requests.ts";
import { withGold } from "../shared/gold-in-meta.ts";
import { BOOTSTRAP } from "../shared/measured-scores.ts";
import { requireAnnotations, requireSameTask, stoppable } from "../shared/prepare-documents.ts";
import { readData } from "../shared/read-data.ts";
import { requireUsedVisual } from "../shared/require-used.ts";
import { runtimeOptions } from "../shared/runtime-options.ts";
import { compareWithTraining, requireUnseen, seenAccount, seenNotes } from "../shared/seen-documents.ts";
import { type Answer, answerOf } from "./answers.ts";
import { type LoadedCategoryModel, loadCategoryModel } from "./load-category-model.ts";
import { type CategoryExample, prepareCategories } from "./prepare.ts";
import { goldOf, scoreCategories } from "./scores.ts";

/** Reads, prepares and scores; the summary counts what could not be used. */
export async function evaluateCategories(request: EvaluateRequest): Promise<CategoryEvaluationSummary> {
  const { data, captions, pictures, features } = request;
  const onPreparation = stoppable(request);
  const extensions = await loadExtensions(request.extensions);
  const loaded = await loadCategoryModel(request.model, runtimeOptions(request));
  try {
    const { config, labels, tokenizer, model, visual } = loaded;
    const visualChannel = config.visual?.label ?? "text only";
    requireUsedVisual(request, visualChannel);
    const set = await readData(data, { ...request, extensions }, onPreparation);
    requireSameTask(set, "categories", request.model);
    requireAnnotations(set, "categories");
    const seen = await compareWithTraining([request.model], set.documents);
    requireUnseen(seen, request);
    const { documents, examples, account } = await prepareCategories({
      set,
      labels,
      tokenizer,
      maxLength: config.maxLength,
      truncation: "report",
      visual: visual && { channel: visual, sources: { captions, pictures, features } },
      onPreparation,
    });
    const total = examples.length;
    const { metrics, logits } = await scoreCategories(model, examples, labels, (done) =>
      onPreparation({ what: "scoring", done, total }),
    );
    const answers = logits.map((row) => answerOf(row, loaded));
    if (request.predictions !== undefined) {
      const predicted = documents.map((document, i) => {
        const { label, probability } = answers[i]!; // one for each document
        return { ...document, category: { label, probability }, meta: withGold(document) };
      });
      await writeJsonl(request.predictions, predicted, { mentionTexts: true });
    }
    const predicted = answers.map(({ index }) => index);
    const seenOnes = seenAccount(seen, () => {
      const unseen = documents.flatMap((document, i) => (seen.isTrained(document) ? [] : [i]));
      const gold = goldOf(examples);
      const of = (labels: readonly number[]) => unseen.map((i) => labels[i]!); // one for each document
      return categoryMetrics(of(gold), of(predicted), labels.labels).micro.f1;
    });
    const withThresholds = request.thresholds === false ? undefined : reported(examples, answers, loaded);
    return {
      task: "classification",
      visualChannel,
      metrics,
      ...(withThresholds ? { withThresholds } : {}),
      data: account,
      fingerprint: fingerprintDocuments(set.documents),
      seen: seenOnes,
      intervals: intervalsOf(documents, goldOf(examples), predicted, labels.labels),
      notes: seenNotes(seen, seenOnes),
    };
  } finally {
    await loaded.dispose();
  }
}

/** A category is treated as the only entity of its document: the micro F1 is the accuracy. */
function intervalsOf(
  documents: readonly Document[],
  gold: readonly number[],
  predicted: readonly number[],
  labels: readonly string[],
) {
  const asEntity = (answers: readonly number[]) =>
    documents.map(({ id }, i) => ({
      id,
      entities: [{ start: 0, end: 1, label: labels[answers[i]!]! }], // indices into the labels
      relations: [],
    }));
  return entityIntervals(asEntity(gold), asEntity(predicted), {
    clusters: documentClusters(documents),
    ...BOOTSTRAP,
  });
}

/** Scores what is left when every answer below its threshold is withheld; undefined for a model without thresholds. */
function reported(
  examples: readonly CategoryExample[],
  answers: readonly Answer[],
  { labels, thresholds }: { readonly labels: LabelSet } & Pick<LoadedCategoryModel, "thresholds">,
): ThresholdScores<CategoryMetrics> | undefined {
  if (thresholds === undefined) return undefined;
  const below: Record<string, number> = {};
  const predicted = answers.map(({ index, label, probability }) => {
    if (probability >= thresholdOf(thresholds, label)) return index;
    increment(below, label);
    return undefined;
  });
  return { metrics: categoryMetrics(goldOf(examples), predicted, labels.labels), below, thresholds };
}
