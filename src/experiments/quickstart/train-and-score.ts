// One run of the comparison: trains like `relata train`, and scores the model on real pairs of the test split.
import { join } from "node:path";
import type { PreparationProgress } from "../../base/progress.ts";
import { parseConfig } from "../../config/parse.ts";
import { readDocuments } from "../../data/readers.ts";
import { evaluateRelations } from "../../extractors/relation/evaluate.ts";
import { trainExtractor } from "../../extractors/run.ts";
import type { TrainingEvent } from "../../training/progress.ts";
import { BEST_MODEL_FOLDER } from "../../training/trainer.ts";
import type { WorldTruth } from "../../world/truth.ts";
import { type ComparedRun, configOf, type RunName, type Setting } from "./settings.ts";

/** Options and progress of long work. */
export interface Watch {
  readonly signal?: AbortSignal | undefined;
  readonly onPreparation?: ((progress: PreparationProgress) => void) | undefined;
  readonly onProgress?: ((event: TrainingEvent) => void) | undefined;
}

/** A trained relation model and its scores on the test posts, each with its own picture if it has one. */
export interface ScoredRun {
  readonly name: ComparedRun;
  readonly runFolder: string;
  readonly modelFolder: string;
  /** The test posts with the model's answers (JSONL). */
  readonly predictions: string;
  readonly accuracy: number;
  readonly microF1: number;
  /** Accuracy on the posts whose text leaves the relation open. */
  readonly openAccuracy: number;
}

const PREDICTIONS_FILE = "test-predictions.jsonl";

/** Trains a run and returns the folder of its best weights. @throws the signal's reason; the errors of training */
export async function trainRun(name: RunName, setting: Setting, watch: Watch): Promise<string> {
  const runFolder = setting.layout.run(name);
  const config = parseConfig(configOf(name, setting), "quickstart");
  await trainExtractor({ ...defined(watch), config, runFolder });
  watch.signal?.throwIfAborted();
  return join(runFolder, BEST_MODEL_FOLDER); // every run of the quickstart is evaluated
}

/** Trains and scores one of the compared runs. @throws the signal's reason; the errors of training and scoring */
export async function trainAndScore(
  name: ComparedRun,
  setting: Setting,
  truth: WorldTruth,
  watch: Watch,
): Promise<ScoredRun> {
  const { layout, files } = setting;
  const modelFolder = await trainRun(name, setting, watch);
  const runFolder = layout.run(name);
  const predictions = join(runFolder, PREDICTIONS_FILE);
  const { signal, onPreparation } = defined(watch);
  const { metrics } = await evaluateRelations({
    model: modelFolder,
    data: files.test,
    format: "relata",
    predictions,
    ...(name === "text-only" ? {} : { pictures: files.pictures }),
    signal,
    onPreparation,
  });
  return {
    name,
    runFolder,
    modelFolder,
    predictions,
    accuracy: metrics.accuracy,
    microF1: metrics.micro.f1,
    openAccuracy: await openAccuracy(predictions, truth),
  };
}

async function openAccuracy(predictions: string, { posts }: WorldTruth): Promise<number> {
  const { documents } = await readDocuments(predictions, { format: "relata" });
  const said = new Map(documents.map(({ id, relations }) => [id, relations[0]?.label]));
  const open = posts.filter(({ split, needsPicture }) => split === "test" && needsPicture);
  const right = open.filter(({ id, label }) => said.get(id) === label);
  return right.length / Math.max(1, open.length);
}

/** Removes the fields that are undefined. */
function defined({ signal, onPreparation, onProgress }: Watch) {
  return {
    signal,
    onPreparation,
    onProgress,
  };
}
