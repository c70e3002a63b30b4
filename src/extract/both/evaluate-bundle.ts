// Scores a bundle end to end: what `relata extract` finds in the documents' texts, compared with their gold entities and relations.

import { join } from "node:path";
import { replaceOwnFile } from "../../base/atomic-file.ts";
import { counted } from "../../base/counted.ts";
import { ConfigError } from "../../base/errors.ts";
import type { OnPreparation } from "../../base/progress.ts";
import type { Document } from "../../data/document.ts";
import { documentClusters } from "../../data/document-clusters.ts";
import { fingerprintDocuments } from "../../data/fingerprint.ts";
import { parseJsonLine } from "../../data/jsonl.ts";
import { LabelSet, NONE_LABEL } from "../../data/labels.ts";
import { parseDocument } from "../../data/parse-document.ts";
import type { DocumentSet } from "../../data/readers.ts";
import type { ReadReport } from "../../data/report.ts";
import type { EntityMetrics } from "../../evaluation/entity-metrics.ts";
import {
  entityIntervals,
  type IntervalOptions,
  relationIntervals,
  type ScoreIntervals,
} from "../../evaluation/extraction-intervals.ts";
import { extractionMetrics, type RelationMatching } from "../../evaluation/extraction-metrics.ts";
import { loadExtensions } from "../../extensions/load-extensions.ts";
import { readEntityModelConfig } from "../../extractors/entity/model-config.ts";
import { requireKnownTypes } from "../../extractors/entity/prepare.ts";
import { readRelationModelConfig } from "../../extractors/relation/model-config.ts";
import { settleUnknown } from "../../extractors/relation/prepare.ts";
import type { EvaluateRequest } from "../../extractors/requests.ts";
import { BUNDLE_PARTS } from "../../extractors/shared/bundle-parts.ts";
import { withGold } from "../../extractors/shared/gold-in-meta.ts";
import { BOOTSTRAP } from "../../extractors/shared/measured-scores.ts";
import { requireAnnotations, requireSameTask, stoppable } from "../../extractors/shared/prepare-documents.ts";
import { readData } from "../../extractors/shared/read-data.ts";
import {
  compareWithTraining,
  requireUnseen,
  type SeenAccount,
  seenAccount,
  seenNotes,
} from "../../extractors/shared/seen-documents.ts";
import type { VisualChannelName } from "../../visual/visual-channel.ts";
import type { BatchAccount } from "../batch/account.ts";
import { type PostSource, postOfDocument } from "../batch/post-rows.ts";
import type { VisualRequest } from "../batch/row-visuals.ts";
import { type BatchSummary, runBatch } from "../batch/run-batch.ts";
import { type Bundle, constraintsOf } from "../bundle.ts";
import { leftOutOf, type Unreachable, unreachableNotes, unreachableOf } from "./gold-documents.ts";

/** Scores of relations between entities, and the intervals of their F1. */
export interface RelationPassScores extends RelationMatching {
  readonly intervals: ScoreIntervals;
}

/** End-to-end scores of a bundle on documents, and what was scored. */
export interface BundleEvaluationSummary {
  readonly task: "both";
  /** The visual input of the entity model and of the relation model. */
  readonly visualChannels: readonly VisualChannelName[];
  /** Entities found in the texts. */
  readonly entities: EntityMetrics & { readonly intervals: ScoreIntervals };
  /** Absent if the documents have no relation. */
  readonly relations?: {
    /** Between the gold entities: what the relation model does by itself. */
    readonly goldEntities: RelationPassScores;
    /** Between the entities found: correct if label, both spans and both types are. */
    readonly foundEntities: RelationPassScores;
    /** The same, whatever the types of the entities. */
    readonly foundSpans: RelationMatching;
    readonly unreachable: Unreachable;
  };
  /** sha256 over the documents, whatever their file and format. */
  readonly fingerprint: string;
  /** How many of them the models were trained on, or chosen by. */
  readonly seen: SeenAccount;
  /** How the intervals were made. */
  readonly bootstrap: { readonly samples: number; readonly confidence: number; readonly clusters: number };
  /** What was read, what could not be read, cut or shown to the models. */
  readonly data: {
    readonly documents: ReadReport;
    readonly found: BatchAccount;
    /** For the gold entities; absent without relations. */
    readonly given?: BatchAccount;
    /** Gold relations that the bundle does not know, by label. */
    readonly unknownRelations: Readonly<Record<string, number>>;
  };
  /** What to know before trusting a score. */
  readonly notes: readonly string[];
}

/**
 * Scores a bundle on documents. `predictions` receives what `relata extract` writes for them, with the gold labels in `meta.gold`.
 *
 * @throws DataError `data/no-entities`, `data/unknown-entity-type`, `data/unknown-label`, and the codes of the readers; ConfigError
 * `config/contradiction` for options that only a single model has, `config/no-none-label`; the codes of `runBatch`
 */
export async function evaluateBundle(
  request: EvaluateRequest,
  bundle: Bundle,
): Promise<BundleEvaluationSummary> {
  refuseModelOptions(request);
  const onPreparation = stoppable(request);
  const parts = {
    entity: join(request.model, BUNDLE_PARTS.entity),
    relation: join(request.model, BUNDLE_PARTS.relation),
  };
  const entityConfig = await readEntityModelConfig(parts.entity);
  const { entityTypes } = entityConfig;
  const relationConfig = await readRelationModelConfig(parts.relation);
  const noneLabel = request.noneLabel ?? relationConfig.data?.noneLabel ?? undefined;
  const extensions = await loadExtensions(request.extensions);
  const set = await readData(request.data, { ...request, extensions, noneLabel }, onPreparation);
  requireSameTask(set, "entities", request.model, entityTypes);
  requireAnnotations(set, "entities");
  requireKnownTypes(set, entityTypes);
  const seen = await compareWithTraining(Object.values(parts), set.documents);
  requireUnseen(seen, request);
  const own = new LabelSet(relationConfig.relations).withNone(request.noneLabel, request.model);
  const labels = own.noneIndex === undefined ? new LabelSet([NONE_LABEL, ...own]) : own; // documents may say that there is no relation
  const settled = settleUnknown(set, labels, request.unknownRelations ?? "refuse");
  const leftOut = leftOutOf(set.documents, settled.documents);
  const gold = leftOut.documents;
  const scored = (found: readonly Document[]) =>
    found.map((document, i) => leftOut.without(renamed(document, noneLabel), i));

  const kinds = [entityConfig, relationConfig].map(({ visual }) => visual?.kind);
  // Names that no model looks at must not be counted as missing pictures.
  const pictures: string | false | undefined =
    request.pictures ?? (kinds.includes("pictures") ? undefined : false);
  const pass = { request: { ...request, pictures }, set, onPreparation };
  const found = await readAll({ ...pass, what: "extracting", given: false });
  if (request.predictions !== undefined)
    await replaceOwnFile(request.predictions, linesWithGold(found.lines, set.documents));
  const foundMetrics = extractionMetrics(gold, scored(found.documents));
  const clusters = documentClusters(set.documents);
  const bootstrap: IntervalOptions = { clusters, ...BOOTSTRAP };
  const count = gold.reduce(
    (sum, { relations }) => sum + relations.filter(({ label }) => label !== NONE_LABEL).length,
    0,
  );
  const common = {
    task: "both",
    visualChannels: found.summary.visualChannels,
    entities: { ...foundMetrics.entities, intervals: entityIntervals(gold, found.documents, bootstrap) },
    bootstrap: {
      samples: BOOTSTRAP.samples,
      confidence: BOOTSTRAP.confidence,
      clusters: new Set(clusters).size,
    },
    fingerprint: fingerprintDocuments(set.documents),
    seen: seenAccount(seen, () => {
      const unseen = set.documents.map((document) => !seen.isTrained(document));
      const { entities } = extractionMetrics(
        gold.filter((_, i) => unseen[i]),
        scored(found.documents).filter((_, i) => unseen[i]),
      );
      return entities.micro.f1;
    }),
  } as const;
  const remarks = [
    ...seenNotes(seen, common.seen, "micro F1 of entities"),
    ...(kinds.includes("features") ? [WITHOUT_FEATURES] : []),
  ];
  const data = { documents: set.report, found: found.summary.account, unknownRelations: settled.unknown };
  if (count === 0) {
    const note = `note: ${request.data} has no relation${Object.keys(settled.unknown).length > 0 ? " that the bundle knows" : ""}: only the entities were scored`;
    return { ...common, data, notes: [...remarks, note, ...dataNotes(set)] };
  }
  const given = await readAll({ ...pass, what: "relating gold entities", given: true });
  const constraints =
    request.typeConstraints === false ? undefined : constraintsOf(request.model, bundle, entityTypes);
  const unreachable = unreachableOf(gold, constraints);
  const scores = (documents: readonly Document[]): RelationPassScores => ({
    ...extractionMetrics(gold, scored(documents)).strict,
    intervals: relationIntervals(gold, scored(documents), bootstrap),
  });
  return {
    ...common,
    relations: {
      goldEntities: scores(given.documents),
      foundEntities: scores(found.documents),
      foundSpans: foundMetrics.boundaries,
      unreachable,
    },
    data: { ...data, given: given.summary.account },
    notes: [...remarks, ...found.summary.remarks, ...unreachableNotes(unreachable, count), ...dataNotes(set)],
  };
}

const WITHOUT_FEATURES =
  "warning: a model of the bundle was trained with precomputed features, which new posts do not have: it read only the texts";

/** Refuses options that only the model of one task has, so that no score seems to depend on them. @throws ConfigError `config/contradiction` */
function refuseModelOptions({ negatives, views, features, model }: EvaluateRequest): void {
  const given = Object.entries({ negatives, views, features }).filter(([, value]) => value !== undefined);
  if (given.length === 0) return;
  const names = given.map(([name]) => name).join(", ");
  throw new ConfigError({
    code: "config/contradiction",
    message: `${names} cannot be used for the bundle ${model}: it is scored on what it extracts from texts and their pictures or captions`,
    place: names,
    remedy: `Omit it, or score one of the bundle's models: ${join(model, BUNDLE_PARTS.relation)}.`,
  });
}

/** "None" under the documents' own name for it. */
function renamed(document: Document, noneLabel: string | undefined): Document {
  if (noneLabel === undefined) return document;
  const relations = document.relations.map((relation) =>
    relation.label === noneLabel ? { ...relation, label: NONE_LABEL } : relation,
  );
  return { ...document, relations };
}

interface Pass {
  readonly request: Omit<EvaluateRequest, "pictures"> & Pick<VisualRequest, "pictures">;
  readonly set: DocumentSet;
  readonly what: string;
  /** Whether to relate the gold entities instead of finding some. */
  readonly given: boolean;
  readonly onPreparation: OnPreparation;
}

interface Found {
  /** One per gold document; empty for a document that could not be read as a post. */
  readonly documents: readonly Document[];
  /** The same as lines of JSON, without those that could not be read. */
  readonly lines: string;
  readonly summary: BatchSummary;
}

/** Runs documents through `relata extract`'s own batch. */
async function readAll({ request, set, what, given, onPreparation }: Pass): Promise<Found> {
  const { model, data, pictures, captions, constrained, typeConstraints, thresholds, signal } = request;
  const { extensions, device, threads, library, plugins, precision, verify, onNotice } = request;
  const total = set.documents.length;
  const parts: string[] = [];
  const summary = await runBatch({
    ...{ model, pictures, captions, signal, givenMentions: given, source: sourceOf(set, data) },
    ...{ extensions, device, threads, library, plugins, precision, verify, onNotice },
    extraction: { constrained, typeConstraints, thresholds },
    output: async (lines) => {
      parts.push(lines);
    },
    onProgress: (done) => onPreparation?.({ what, done, total }),
  });
  if ("completeBefore" in summary)
    throw new Error("an output that is not a file cannot have been complete before");
  const lines = parts.join("");
  const byId = new Map(
    linesOf(lines)
      .map((line) => documentOf(line))
      .map((document) => [document.id, document]),
  );
  const documents = set.documents.map(
    (document) => byId.get(document.id) ?? { ...document, entities: [], relations: [] },
  );
  return { documents, lines, summary };
}

function sourceOf({ documents }: DocumentSet, place: string): PostSource {
  return {
    place,
    counts: "row",
    total: documents.length,
    async *rows() {
      for (const [i, document] of documents.entries()) {
        yield { row: i + 1, key: document.id, post: postOfDocument(document) };
      }
    },
  };
}

const linesOf = (text: string) => text.split("\n").filter((line) => line !== "");

/** Adds the gold labels to the lines of extracted documents, as `meta.gold`. */
function linesWithGold(lines: string, documents: readonly Document[]): string {
  const metaOf = new Map(documents.map((document) => [document.id, withGold(document)]));
  return linesOf(lines)
    .map((line) => JSON.parse(line) as Document) // just written
    .map((found) => ({ ...found, meta: { ...found.meta, ...metaOf.get(found.id) } }))
    .map((found) => `${JSON.stringify(found)}\n`)
    .join("");
}

/** Reads a line that was just written. */
function documentOf(line: string): Document {
  const { value } = parseDocument(
    parseJsonLine(line, "the extracted documents").value,
    "the extracted documents",
  );
  if (value === undefined) throw new Error(`an extracted document is not a document: ${line.slice(0, 200)}`);
  return value;
}

function dataNotes({ report }: DocumentSet): string[] {
  return report.format === "mnre"
    ? [
        `note: the rows of this format name only the two mentions of one pair, so that other entities and relations found in their ${counted(report.accepted, "text")} count as errors`,
      ]
    : [];
}
