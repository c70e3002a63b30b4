// Writes a bundle: copies the models with what they need, notes which types relations join, adds a manifest and a card.
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError, DataError } from "../base/errors.ts";
import { writeManifest } from "../base/manifest.ts";
import type { Document } from "../data/document.ts";
import { LabelSet, NONE_LABEL } from "../data/labels.ts";
import { tokensOf } from "../data/tokens.ts";
import { tokenizerFiles } from "../encoders/text-encoder.ts";
import { WEIGHT_FILE } from "../encoders/weight-source.ts";
import type { Extensions } from "../extensions/extension.ts";
import { loadExtensions } from "../extensions/load-extensions.ts";
import { loadCategoryModel } from "../extractors/category/load-category-model.ts";
import { type CategoryModelConfig, readCategoryModelConfig } from "../extractors/category/model-config.ts";
import { loadEntityModel } from "../extractors/entity/load-entity-model.ts";
import { type EntityModelConfig, readEntityModelConfig } from "../extractors/entity/model-config.ts";
import { PAIR_RULE_FILE } from "../extractors/pairs/pair-rule-file.ts";
import { withoutNoneNotes } from "../extractors/pairs/relation-notes.ts";
import { loadModel } from "../extractors/relation/load-model.ts";
import { type RelationModelConfig, readRelationModelConfig } from "../extractors/relation/model-config.ts";
import { BUNDLE_PARTS } from "../extractors/shared/bundle-parts.ts";
import { CALIBRATION_FILE, readCalibration } from "../extractors/shared/calibration-file.ts";
import type { Measurement } from "../extractors/shared/measured-scores.ts";
import { runtimeOptions } from "../extractors/shared/runtime-options.ts";
import { copySealed, weightsSum } from "../extractors/shared/sealed-file.ts";
import { copySeenTexts } from "../extractors/shared/seen-texts.ts";
import { THRESHOLDS_FILE } from "../extractors/shared/thresholds-file.ts";
import { TRAINING_RECORD } from "../extractors/shared/training-record.ts";
import { PREDICTIONS_FILE } from "../extractors/shared/validation-predictions.ts";
import { verifyModel } from "../extractors/shared/verify-model.ts";
import { locatedVisual } from "../visual/saved-visual.ts";
import { type BundlePart, bundleFile, bundleOf } from "./bundle.ts";
import { cardName } from "./card/card-facts.ts";
import { NOTHING_STATED, readCard, recordedScores } from "./card/card-record.ts";
import { requireStated, writeCard } from "./card/write-card.ts";
import { copy, copyVisual } from "./copy-frozen.ts";
import type { ExportRequest, ExportSummary } from "./export-request.ts";
import { exportedConstraints } from "./exported-constraints.ts";
import { Extractor } from "./extractor.ts";
import { lockNewFolder, writeNewFolder } from "./new-folder.ts";
import { writeCategoryOnnx, writeEntityOnnx, writeRelationOnnx } from "./onnx-files.ts";
import {
  type OpenedPart,
  openParts,
  planSharing,
  type SharedEncoder,
  writeShared,
  writeWhole,
} from "./shared-encoders.ts";
import { bundlePartOf } from "./trained-on.ts";
import { LATER_FILES } from "./verify-bundle.ts";

const ONNX_FOLDER = "onnx";

/** A model of the bundle. */
interface Part {
  readonly from: string;
  readonly into: string;
  readonly config: EntityModelConfig | RelationModelConfig | CategoryModelConfig;
}

/** Writes the bundle of a checked request. Its folder is locked meanwhile. */
export async function writeBundle(request: ExportRequest): Promise<ExportSummary> {
  requireStated({ ...NOTHING_STATED, ...request.stated });
  await using _lock = await lockNewFolder(request.folder);
  return await exportLocked(request);
}

async function exportLocked(request: ExportRequest): Promise<ExportSummary> {
  const { entities, relations, categories, folder, signal, onProgress } = request;
  const extensions = await loadExtensions(request.extensions);
  const verified = [await verifyModel(entities, request), await verifyModel(relations, request)];
  if (categories !== undefined) verified.push(await verifyModel(categories, request));
  const entityConfig = await readEntityModelConfig(entities);
  const ownConfig = await readRelationModelConfig(relations);
  const relationConfig = { ...ownConfig, relations: [...relationLabels(request, ownConfig)] };
  requireRelations(relations, relationConfig.relations);
  const categoryConfig = categories === undefined ? undefined : await readCategoryModelConfig(categories);
  const parts: readonly Part[] = [
    { from: entities, into: BUNDLE_PARTS.entity, config: entityConfig },
    { from: relations, into: BUNDLE_PARTS.relation, config: relationConfig },
    ...(categories !== undefined && categoryConfig !== undefined
      ? [{ from: categories, into: BUNDLE_PARTS.category, config: categoryConfig }]
      : []),
  ];
  const relationPart = await bundlePartOf(relations, "relation");
  const constraints = await exportedConstraints(
    request,
    { types: entityConfig.entityTypes, relation: relationConfig, trainedOn: relationPart.trainedOn },
    (related) => findEntities(request, related),
  );
  const warnings = [
    ...(await Promise.all(parts.map(warningsOf))).flat(),
    ...constraints.warnings,
    ...withoutNoneNotes(relationConfig.relations).map((note) => note.replace(/^\w+: /, "")),
  ];
  const opened = await openParts(parts);
  const sharing = planSharing(opened);
  const described = {
    entities: await bundlePartOf(entities, "entity"),
    relations: relationPart,
    ...(categories === undefined ? {} : { categories: await bundlePartOf(categories, "category") }),
  };
  let bundle = bundleOf({ ...described, typeConstraints: constraints.learnt });
  await writeNewFolder(folder, async (writing) => {
    const shared: SharedEncoder[] = [];
    for (const { into } of parts) await mkdir(join(writing, into), { recursive: true });
    for (const group of sharing.groups) {
      onProgress?.({ what: "writing the text encoder that models share", done: 0, total: 0 });
      shared.push(await writeShared(writing, group));
    }
    for (const [i, part] of parts.entries()) {
      signal?.throwIfAborted();
      onProgress?.({ what: `copying ${part.from}`, done: 0, total: 0 });
      await copyPart(part, writing, extensions, opened[i]!); // one for each part
    }
    bundle = {
      ...bundle,
      ...(await withWrittenWeights(writing, described)),
      ...(shared.length > 0 ? { sharedEncoders: shared } : {}),
    };
    if (request.onnx) await writeOnnxFiles(request, join(writing, ONNX_FOLDER));
    await writeFile(bundleFile(writing), `${JSON.stringify(bundle, undefined, 2)}\n`);
    await writeManifest(writing, LATER_FILES);
    await writeCard(writing, {
      stated: request.stated,
      measured: (await Promise.all(parts.map(({ from }) => recordedFor(from)))).flat(),
      name: cardName(folder),
    });
    for (const model of verified) await model.check(); // the copied files are the compared ones
  });
  return {
    folder,
    bundle,
    entityTypes: entityConfig.entityTypes,
    relations: relationConfig.relations,
    categories: categoryConfig?.categories ?? [],
    notes: sharing.notes,
    warnings,
  };
}

/** Returns the files of a saved model: config with paths inside the bundle, weights, tokenizer, calibration. */
async function copyPart(
  { from, into, config }: Part,
  bundle: string,
  extensions: Extensions,
  { weights }: OpenedPart,
): Promise<void> {
  const target = join(bundle, into);
  const visual = await copyVisual(locatedVisual(config.visual, from), bundle, extensions);
  await writeFile(join(target, "config.json"), `${JSON.stringify({ ...config, visual }, undefined, 2)}\n`);
  const isWritten = existsSync(join(target, WEIGHT_FILE)); // without the text encoder that it shares
  const wasShared = weights.base !== undefined;
  if (!isWritten && wasShared) await writeWhole(target, weights);
  else if (!isWritten) await copy(join(from, WEIGHT_FILE), join(target, WEIGHT_FILE));
  for (const [name, content] of Object.entries(await tokenizerFiles(from))) {
    await writeFile(join(target, name), content);
  }
  for (const file of [CALIBRATION_FILE, THRESHOLDS_FILE, PREDICTIONS_FILE, TRAINING_RECORD]) {
    if (isWritten || wasShared) await copySealed(join(from, file), target);
    else if (existsSync(join(from, file))) await copy(join(from, file), join(target, file));
  }
  if (existsSync(join(from, PAIR_RULE_FILE)))
    await copy(join(from, PAIR_RULE_FILE), join(target, PAIR_RULE_FILE));
  await copySeenTexts(from, target);
}

/** The records of the models, each with the SHA-256 of the weight file that was written. */
async function withWrittenWeights(
  bundle: string,
  parts: Readonly<Partial<Record<(typeof BUNDLE_PARTS)[keyof typeof BUNDLE_PARTS], BundlePart>>>,
) {
  const written = Object.entries(parts).map(
    async ([part, record]) =>
      [part, { ...record, weights: await weightsSum(join(bundle, part, WEIGHT_FILE)) }] as const,
  );
  return Object.fromEntries(await Promise.all(written));
}

/** The scores that were recorded for a model by itself. */
async function recordedFor(model: string): Promise<readonly Measurement[]> {
  return recordedScores(model, await readCard(model));
}

/** Returns the labels of the relation model, with "None" under its own name. @throws ConfigError `config/no-such-label` */
function relationLabels(
  { noneLabel, relations }: ExportRequest,
  config: Pick<RelationModelConfig, "relations">,
): LabelSet {
  const labels = new LabelSet(config.relations);
  if (noneLabel === undefined) return labels;
  const renamed = labels.withNone(noneLabel, relations);
  if (renamed.noneIndex !== undefined) return renamed;
  throw new ConfigError({
    code: "config/no-such-label",
    message: `${relations} has no relation with the label ${JSON.stringify(noneLabel)}`,
    place: "--none-label",
    value: noneLabel,
    remedy: `Name one of: ${labels.labels.join(", ")}.`,
  });
}

/** Finds the entities in the documents' texts; pictures are ignored. */
async function findEntities(request: ExportRequest, documents: readonly Document[]) {
  const { signal, onProgress } = request;
  const entity = await loadEntityModel(
    request.entities,
    runtimeOptions({ ...request, onNotice: undefined }),
    async () => undefined,
  );
  await using extractor = new Extractor(
    { entity, relation: undefined, category: undefined, constraints: undefined },
    () => entity.dispose(),
  );
  const posts = documents.map((document) => ({ text: document.text, words: tokensOf(document) }));
  const found = [];
  const outcomes = extractor.extractMany(posts, {
    signal,
    onProgress: (done) => onProgress?.({ what: "finding entity types", done, total: posts.length }),
  });
  for await (const outcome of outcomes) {
    if ("error" in outcome) throw outcome.error; // readers return words that fit their text
    found.push(outcome.extraction.entities);
  }
  return found;
}

/** Writes the prediction graphs, without the frozen picture encoders. */
async function writeOnnxFiles(request: ExportRequest, folder: string): Promise<void> {
  request.signal?.throwIfAborted();
  request.onProgress?.({ what: "writing ONNX files", done: 0, total: 0 });
  const runtime = runtimeOptions({ ...request, onNotice: undefined });
  const noVisual = async () => undefined;
  await withModel(loadEntityModel(request.entities, runtime, noVisual), (entity) =>
    writeEntityOnnx(folder, entity),
  );
  await withModel(loadModel(request.relations, runtime, noVisual), (relation) =>
    writeRelationOnnx(folder, { ...relation, labels: relationLabels(request, relation.config) }),
  );
  if (request.categories === undefined) return;
  await withModel(loadCategoryModel(request.categories, runtime, noVisual), (category) =>
    writeCategoryOnnx(folder, category),
  );
}

async function withModel<Model extends { dispose(): Promise<void> }>(
  loading: Promise<Model>,
  use: (model: Model) => Promise<void>,
): Promise<void> {
  const model = await loading;
  try {
    await use(model);
  } finally {
    await model.dispose();
  }
}

async function warningsOf({ from, config: { visual } }: Part): Promise<string[]> {
  const calibration = await readCalibration(from);
  return [
    ...(calibration ? [] : [`${from} was never calibrated: its probabilities are unreliable`]),
    ...(visual?.kind === "features"
      ? [`${from} was trained with precomputed features: it ignores the pictures of new posts`]
      : []),
  ];
}

function requireRelations(model: string, relations: readonly string[]): void {
  if (relations.some((label) => label !== NONE_LABEL)) return;
  throw new DataError({
    code: "data/no-relation-labels",
    message: `${model} has no relation other than ${NONE_LABEL}`,
    place: model,
    remedy: "Train it on documents with relations.",
  });
}
