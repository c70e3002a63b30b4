// Scores a trained entity model on a data file.
import { increment } from "../../base/label-counts.ts";
import type { Document } from "../../data/document.ts";
import { documentClusters } from "../../data/document-clusters.ts";
import { fingerprintDocuments } from "../../data/fingerprint.ts";
import { writeJsonl } from "../../data/jsonl.ts";
import { type EntityMetrics, entityMetrics, type LabelledSpan } from "../../evaluation/entity-metrics.ts";
import { entityIntervals } from "../../evaluation/extraction-intervals.ts";
import { type Thresholds, thresholdOf } from "../../evaluation/thresholds.ts";
import { loadExtensions } from "../../extensions/load-extensions.ts";
import type { WordEntity } from "../../models/tagging/decode-entities.ts";
import { prepareEntityStudents } from "../entity-student/prepare-entity-students.ts";
import {
  averagingReader,
  requireReadsViews,
  viewsPerText,
  withCountedViews,
} from "../entity-student/read-views.ts";
import type { EntityEvaluationSummary, EvaluateRequest, ThresholdScores } from "../requests.ts";
import { calibrated } from "../shared/calibration.ts";
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
import { loadEntityModel } from "./load-entity-model.ts";
import { isStudent } from "./model-config.ts";
import { entitiesOfWords, type LabelledText, scoreEntities } from "./scores.ts";

/** Reads, prepares and scores; the summary counts what could not be used. Texts are never cut: long ones are windowed. */
export async function evaluateEntities(request: EvaluateRequest): Promise<EntityEvaluationSummary> {
  const { data, captions, pictures, features } = request;
  const onPreparation = stoppable(request);
  const extensions = await loadExtensions(request.extensions);
  const loaded = await loadEntityModel(request.model, runtimeOptions(request));
  try {
    const { config, scheme, chain, tokenizer, model, visual } = loaded;
    const visualChannel = config.visual?.label ?? "text only";
    requireUsedVisual(request, visualChannel);
    const set = await readData(data, { ...request, extensions }, onPreparation);
    requireSameTask(set, "entities", request.model, scheme.types);
    requireAnnotations(set, "entities");
    const seen = await compareWithTraining([request.model], set.documents);
    requireUnseen(seen, request);
    const channel = visual && { channel: visual, sources: { captions, pictures, features } };
    const shows = captions !== undefined || pictures !== undefined;
    const ownVisual = channel !== undefined && (shows || !isStudent(config));
    requireReadsViews(request, config);
    const prepared = await prepareEntityStudents({
      ...{ set, tokenizer, scheme, maxLength: config.maxLength, truncation: "report", onPreparation },
      visual: ownVisual ? channel : undefined,
      wanted: request.views && { store: request.views.store, hidesOwn: false, visual: channel },
    });
    const texts = withCountedViews(prepared.texts, request.views?.count);
    const reader = request.views?.aggregate === "average" ? averagingReader(model) : model;
    const constrained = request.constrained ?? config.constrained;
    const total = texts.reduce((sum, { windows }) => sum + windows.length, 0);
    const calibration = calibrated(loaded.calibration);
    const { metrics, found } = await scoreEntities(
      reader,
      texts,
      { scheme, chain, constrained, calibration },
      (done) => onPreparation({ what: "scoring", done, total }),
    );
    if (request.predictions !== undefined) {
      await writeJsonl(
        request.predictions,
        prepared.documents.map((document, i) => predictedDocument(document, prepared.texts[i]!, found[i]!)),
        { mentionTexts: true },
      );
    }
    const withThresholds =
      loaded.thresholds && request.thresholds !== false
        ? entitiesWithThresholds(prepared.texts, found, loaded.thresholds)
        : undefined;
    const windowed = prepared.texts.filter(({ windows }) => windows.length > 1).length;
    const account = seenAccount(seen, () => f1OfUnseen(prepared, found, seen));
    return {
      task: "mner",
      visualChannel: ownVisual || request.views ? visualChannel : "text only",
      constrained,
      windowed,
      metrics,
      ...(withThresholds ? { withThresholds } : {}),
      data: prepared.account,
      fingerprint: fingerprintDocuments(set.documents),
      seen: account,
      intervals: intervalsOf(prepared, found),
      notes: seenNotes(seen, account),
      ...(prepared.views ? { views: { ...prepared.views, perExample: viewsPerText(texts) } } : {}),
    };
  } finally {
    await loaded.dispose();
  }
}

interface ScoredTexts {
  readonly documents: readonly Document[];
  readonly texts: readonly LabelledText[];
}
type Found = readonly (readonly WordEntity[])[];

/** Micro F1 of the texts that the model was not trained on. */
function f1OfUnseen({ documents, texts }: ScoredTexts, found: Found, { isTrained }: SeenDocuments): number {
  const unseen = documents.flatMap((document, i) => (isTrained(document) ? [] : [i]));
  const gold = unseen.map((i) => texts[i]!.gold); // a text for each document
  return entityMetrics(
    gold,
    unseen.map((i) => found[i]!),
  ).micro.f1;
}

function intervalsOf({ documents, texts }: ScoredTexts, found: Found) {
  const extracted = (entities: readonly LabelledSpan[], i: number) => ({
    id: documents[i]!.id,
    entities,
    relations: [],
  });
  return entityIntervals(
    texts.map(({ gold }, i) => extracted(gold, i)),
    found.map(extracted),
    { clusters: documentClusters(documents), ...BOOTSTRAP },
  );
}

/** Scores what is left when every entity below its threshold is removed. */
function entitiesWithThresholds(
  texts: readonly LabelledText[],
  found: readonly (readonly WordEntity[])[],
  thresholds: Thresholds,
): ThresholdScores<EntityMetrics> {
  const below: Record<string, number> = {};
  const left = found.map((entities) =>
    entities.filter(({ label, probability }) => {
      const isLeft = probability >= thresholdOf(thresholds, label);
      if (!isLeft) increment(below, label);
      return isLeft;
    }),
  );
  const metrics = entityMetrics(
    texts.map(({ gold }) => gold),
    left,
  );
  return { metrics, below, thresholds };
}

/** Returns the document with the predicted entities; relations between gold entities are removed with them. */
function predictedDocument(
  document: Document,
  { words }: LabelledText,
  found: readonly WordEntity[],
): Document {
  const meta = withGold(document);
  return { ...document, entities: entitiesOfWords(words, found), relations: [], meta };
}
