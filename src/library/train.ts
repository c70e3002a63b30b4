// `train`: trains an extractor from a configuration and writes it to a run folder.
import type { PreparationProgress } from "../base/progress.ts";
import { FIELD, type RequestShape, requireRequest } from "../base/require-request.ts";
import { type ConfigSource, resolveConfig } from "../config/load.ts";
import type { ExtensionSource } from "../extensions/load-extensions.ts";
import type { TrainingData, TrainSummary } from "../extractors/requests.ts";
import { trainExtractor } from "../extractors/run.ts";
import type { TrainingEvent } from "../training/progress.ts";

/** What to train, where to keep it, and the progress callbacks. */
export interface TrainRequest {
  /** The configuration as plain fields (docs/configuration.md lists them), or the path of its file. */
  readonly config: ConfigSource;
  /**
   * Folder of the run: weights, checkpoints, logs. It is created if needed; a folder with a run is refused
   * without `resume`.
   */
  readonly runFolder: string;
  /**
   * Whether to resume from the newest checkpoint of the run folder; the weights are the same as for an
   * uninterrupted run. Default false.
   */
  readonly resume?: boolean | undefined;
  /** Extensions to use: what `defineReader` and the other functions of `relata/extend` return (docs/extending.md), or modules, as paths relative to the working folder or package names. */
  readonly extensions?: readonly ExtensionSource[] | undefined;
  /**
   * Stops at the next safe point, with a checkpoint; the summary's `status` is then "interrupted". While
   * data is being prepared, the promise rejects with the signal's reason instead.
   */
  readonly signal?: AbortSignal | undefined;
  /** Called while reading documents, downloading encoders and encoding pictures. */
  readonly onPreparation?: ((progress: PreparationProgress) => void) | undefined;
  /** Called once, before the first step: the data for training and scoring. */
  readonly onData?: ((data: TrainingData) => void) | undefined;
  /** Called after every logged step, every evaluation and every checkpoint. */
  readonly onProgress?: ((event: TrainingEvent) => void) | undefined;
}

const REQUEST: RequestShape<TrainRequest> = {
  config: FIELD.source,
  runFolder: FIELD.text,
  resume: FIELD.flag.optional(),
  extensions: FIELD.list.optional(),
  signal: FIELD.signal.optional(),
  onPreparation: FIELD.callback.optional(),
  onData: FIELD.callback.optional(),
  onProgress: FIELD.callback.optional(),
};

/**
 * Trains the model that the configuration asks for: relations (`task: "mre"`, the default) or entities (`task: "mner"`), with I2SRM or as a
 * student of MI2RAGE. The configuration is kept in the run folder.
 *
 * @throws ConfigError `config/bad-request`, `config/invalid`, `config/contradiction`, `config/not-found`; DataError and EncoderError for files that cannot be used;
 * TrainingError `training/run-folder-in-use` for a folder with a run and no `resume`, `training/checkpoint-mismatch` for other settings on
 * resuming, and the other codes of training
 * @example
 * import { train } from "relata";
 *
 * const { status, modelFolder, best } = await train({
 *   config: {
 *     task: "mner",
 *     encoder: "./encoders/roberta-base",
 *     data: { train: "train.jsonl", validation: "validation.jsonl" },
 *   },
 *   runFolder: "runs/entities",
 *   signal: AbortSignal.timeout(3_600_000),
 *   onProgress: (event) => console.error(event),
 * });
 * console.log(status, modelFolder, best?.metrics.micro_f1);
 */
export async function train(request: TrainRequest): Promise<TrainSummary> {
  requireRequest(REQUEST, request, "the request to train");
  const { resume = false, signal, onPreparation, onData, onProgress } = request;
  const config = await resolveConfig(request.config, request.extensions);
  return trainExtractor({
    config,
    extensions: request.extensions,
    runFolder: request.runFolder,
    resume,
    signal,
    onPreparation,
    onData,
    onProgress,
  });
}
