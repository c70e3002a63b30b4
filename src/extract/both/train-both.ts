// Trains the entity model and the relation model of the same documents, one after the other, and joins them in a bundle.

import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { replaceOwnFile } from "../../base/atomic-file.ts";
import { writingTo } from "../../base/cannot-write.ts";
import { lockFolder } from "../../base/output-lock.ts";
import { writtenBoth } from "../../config/parse.ts";
import type { BothConfig, Config } from "../../config/schema.ts";
import { combinedFingerprint } from "../../encoders/onnx-file.ts";
import { openTextEncoder } from "../../encoders/text-encoder.ts";
import type { Extensions } from "../../extensions/extension.ts";
import { extensionsWith } from "../../extensions/load-extensions.ts";
import type { EvaluateRequest, TrainRequest, TrainSummary } from "../../extractors/requests.ts";
import { trainExtractor } from "../../extractors/run.ts";
import { BOTH_FOLDERS } from "../../extractors/shared/both-files.ts";
import { contentOfPath } from "../../extractors/shared/content-of-path.ts";
import { downloadOptions } from "../../extractors/shared/download-options.ts";
import { stoppable } from "../../extractors/shared/prepare-documents.ts";
import { keepSettings, SAVED_CONFIG } from "../../extractors/shared/run-settings.ts";
import { trainedOptions } from "../../extractors/shared/runtime-options.ts";
import { runFolderInUse } from "../../training/failures.ts";
import type { TrainingStatus } from "../../training/progress.ts";
import { METRICS_FILE } from "../../training/run-log.ts";
import { RUN_FILE } from "../../training/trainer.ts";
import { readBundle } from "../bundle.ts";
import { measurementOf } from "../card/measurement-of.ts";
import { writeCard } from "../card/write-card.ts";
import { exportBundle } from "../export-bundle.ts";
import { modelIdentity } from "../model-identity.ts";
import { folderExists } from "../new-folder.ts";
import { bundlePartOf } from "../trained-on.ts";
import { checkDocuments } from "./check-documents.ts";
import { type BundleEvaluationSummary, evaluateBundle } from "./evaluate-bundle.ts";
import { readJoined, readScores, writeJoined, writeScores } from "./joined-file.ts";

/** Caches what both models use, such as the features of pictures, unless the configuration names another folder. */
const CACHE_FOLDER = "cache";

/** What a run of both tasks is doing. */
export type BothStage = keyof typeof BOTH_FOLDERS | "evaluation";
/** Added to the bundle's name until its warnings are recorded. */
const JOINING = ".joining";

/** Two models to train, and the folder for their runs and the bundle. */
export interface TrainBothRequest extends Omit<TrainRequest, "config"> {
  readonly config: BothConfig;
  /** Called when a stage starts; the other callbacks then report about it. */
  readonly onStage?: ((stage: BothStage) => void) | undefined;
}

/** A request with the extensions that its configuration names. */
type ExtendedRequest = TrainBothRequest & { readonly extensions: Extensions };

/** The result of training both tasks. */
export interface TrainBothSummary {
  readonly task: "both";
  readonly status: TrainingStatus;
  readonly runFolder: string;
  readonly entities: TrainSummary;
  /** Absent if the training of the entity model was interrupted. */
  readonly relations?: TrainSummary;
  /** Folder of the bundle; absent if the run was interrupted. */
  readonly bundle?: string;
  /** End-to-end scores on the validation documents, which also chose the best epochs; absent if the run was interrupted. */
  readonly evaluation?: BundleEvaluationSummary;
  /** What to know before using the bundle. */
  readonly warnings: readonly string[];
}

/**
 * Trains both models and writes the bundle; resumes each stage where it stopped.
 *
 * @throws TrainingError `training/run-folder-in-use`, `training/checkpoint-mismatch`, and the codes of `trainExtractor`, `exportBundle`,
 * and `checkDocuments`
 */
export async function trainBoth(asked: TrainBothRequest): Promise<TrainBothSummary> {
  const { runFolder, resume = false, onStage, config } = asked;
  const extensions = await extensionsWith(asked.extensions, config.entities.extensions);
  const request = { ...asked, extensions };
  await writingTo(runFolder, () => mkdir(runFolder, { recursive: true }));
  await using _lock = await lockFolder(runFolder);
  const parts = { entities: partOf(request, "entities"), relations: partOf(request, "relations") };
  requireFree(runFolder, resume);
  await keepBoth(request, parts);
  await checkInputs(request);

  onStage?.("entities");
  const entities = await trainExtractor(parts.entities);
  const so = { task: "both", runFolder, entities, warnings: [] } as const;
  if (entities.status === "interrupted") return { ...so, status: "interrupted" };
  onStage?.("relations");
  const relations = await trainExtractor(parts.relations);
  if (relations.status === "interrupted") return { ...so, relations, status: "interrupted" };
  try {
    return { ...so, relations, status: "finished", ...(await joinAndScore(request, entities, relations)) };
  } catch (error) {
    if (request.signal?.aborted === true && error === request.signal.reason)
      return { ...so, relations, status: "interrupted" };
    throw error;
  }
}

async function joinAndScore(request: ExtendedRequest, entities: TrainSummary, relations: TrainSummary) {
  request.onStage?.("bundle");
  const bundle = join(request.runFolder, BOTH_FOLDERS.bundle);
  const warnings = await joinModels(request, bundle, [modelOf(entities), modelOf(relations)]);
  request.onStage?.("evaluation");
  const evaluation = await evaluateValidation(request, bundle);
  await writeCard(bundle, { measured: [{ ...measurementOf(evaluation), split: "validation" }] });
  return { bundle, evaluation, warnings };
}

/**
 * Scores the bundle on the validation documents, unless an earlier attempt has: an optimistic score, because they chose the best epochs.
 */
async function evaluateValidation(
  { config, runFolder, extensions, signal, onPreparation }: TrainBothRequest,
  model: string,
): Promise<BundleEvaluationSummary> {
  const { data, training } = config.relations;
  const sees = (kind: Config["visual"]["kind"]) =>
    [config.entities, config.relations].some(({ visual }) => visual.kind === kind);
  const { format, bio, imageExtension, offsets } = data;
  const request: EvaluateRequest = {
    ...{ model, data: data.validation, format, bio, imageExtension, offsets },
    pictures: sees("pictures") ? data.pictures : undefined,
    captions: sees("captions") ? data.captions.validation : undefined,
    allowTrainingData: true, // what the splits share was told before the training, and the notes of the score tell it again
    ...{ extensions, signal, onPreparation },
    ...trainedOptions(training),
  };
  const inputs = await inputsOf(request);
  const before = await readScores(runFolder, inputs);
  if (before !== undefined) return before;
  const scores = await evaluateBundle(request, (await readBundle(model))!); // it was just written
  await writeScores(runFolder, inputs, scores);
  return scores;
}

/** A hash of everything that the scores of a bundle rest on. */
async function inputsOf({ model, data, pictures, captions }: EvaluateRequest): Promise<string> {
  const paths = [data, pictures, captions].map((path) => (path === undefined ? null : contentOfPath(path)));
  return combinedFingerprint([await modelIdentity(model), ...(await Promise.all(paths))]);
}

/** The request that trains one of the models: caches are shared, so that nothing frozen is computed twice. */
function partOf(
  { onStage: _, config, ...request }: TrainBothRequest,
  part: "entities" | "relations",
): TrainRequest {
  const { runFolder } = request;
  const own: Config = config[part];
  return {
    ...request,
    config: { ...own, cache: own.cache ?? join(runFolder, CACHE_FOLDER) },
    runFolder: join(runFolder, BOTH_FOLDERS[part]),
  };
}

/** Trains one model. @throws TrainingError `training/run-folder-in-use` for the folder of a run of both; the codes of `trainExtractor` */
export async function trainOne(request: TrainRequest): Promise<TrainSummary> {
  if (isUsedByBoth(request.runFolder)) throw runFolderInUse(request.runFolder);
  const summary = await trainExtractor(request);
  const { best, modelFolder, status } = summary;
  if (best !== undefined && modelFolder !== undefined && status !== "interrupted")
    await writeCard(modelFolder);
  return summary;
}

function isUsedByBoth(runFolder: string): boolean {
  const { bundle, entities } = BOTH_FOLDERS;
  return [[bundle], [entities, METRICS_FILE]].some((path) => existsSync(join(runFolder, ...path)));
}

/** Refuses a folder with a run of one task, and without `resume` one with a run of both. */
function requireFree(runFolder: string, resume: boolean): void {
  const isOfOne = existsSync(join(runFolder, RUN_FILE));
  if (isOfOne || (!resume && isUsedByBoth(runFolder))) throw runFolderInUse(runFolder);
}

/** Compares the settings of both models with those of a run that is resumed, before either is trained, and keeps them. */
async function keepBoth(
  { config, runFolder, extensions }: ExtendedRequest,
  { entities, relations }: Readonly<Record<"entities" | "relations", TrainRequest>>,
): Promise<void> {
  await keepSettings({ ...entities, extensions });
  await keepSettings({ ...relations, extensions }, join("..", BOTH_FOLDERS.entities, RUN_FILE));
  const written = `${JSON.stringify(writtenBoth(config), undefined, 2)}\n`;
  await replaceOwnFile(join(runFolder, SAVED_CONFIG), written);
}

/** Looks at everything that the second training needs and that is cheap to look at, so that it does not fail after the first. */
async function checkInputs(request: ExtendedRequest): Promise<void> {
  const { config, extensions } = request;
  const { encoder } = config.relations;
  if (encoder !== config.entities.encoder) await openTextEncoder(encoder, downloadOptions(encoder, request));
  await checkDocuments(config, stoppable(request), extensions);
}

function modelOf({ modelFolder, runFolder }: TrainSummary): string {
  if (modelFolder === undefined) throw new Error(`${runFolder} ended without a model`); // only an interrupted run has none
  return modelFolder;
}

/**
 * Writes the bundle, unless an earlier attempt has joined these models; returns what to know about it.
 *
 * @throws DataError `data/folder-exists` if other models are joined there
 */
async function joinModels(
  { runFolder, extensions, signal, onPreparation, config }: TrainBothRequest,
  folder: string,
  [entities, relations]: readonly [string, string],
): Promise<readonly string[]> {
  const isThere = await isJoined(folder, entities, relations);
  if (!isThere && existsSync(folder)) throw folderExists(folder);
  const joined = await readJoined(runFolder);
  if (isThere && joined !== undefined) return joined.warnings;
  const joining = folder + JOINING;
  await rm(joining, { recursive: true, force: true });
  const { warnings } = await exportBundle({
    ...{ entities, relations, folder: joining, extensions, signal },
    ...trainedOptions(config.relations.training),
    onProgress: onPreparation,
  });
  await writeJoined(runFolder, { warnings: [...warnings] });
  if (isThere) await rm(joining, { recursive: true });
  else await rename(joining, folder);
  return warnings;
}

async function isJoined(folder: string, entities: string, relations: string): Promise<boolean> {
  const made = await readBundle(folder);
  return (
    made !== undefined &&
    made.entities.weights === (await bundlePartOf(entities, "entity")).weights &&
    made.relations.weights === (await bundlePartOf(relations, "relation")).weights
  );
}
