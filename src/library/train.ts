// `train`: trains an extractor, or both extractors of a bundle, from a configuration and writes it to a run folder.
import type { PreparationProgress } from "../base/progress.ts";
import { FIELD, type RequestShape, requireRequest } from "../base/require-request.ts";
import { type ConfigSource, resolveTrainConfig } from "../config/load.ts";
import type { ExtensionSource } from "../extensions/load-extensions.ts";
import type { BothStage, TrainBothSummary } from "../extract/both/train-both.ts";
import type { TrainingData, TrainSummary } from "../extractors/requests.ts";
import type { TrainingEvent } from "../training/progress.ts";

/** What to train, where to keep it, and the progress callbacks. */
export interface TrainRequest<Source extends ConfigSource = ConfigSource> {
  /** The configuration as plain fields (docs/configuration.md lists them), or the path of its file. */
  readonly config: Source;
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
  /** With the task `both`, called when a stage starts; the other callbacks then report about it. */
  readonly onStage?: ((stage: BothStage) => void) | undefined;
  /** Called while reading documents, downloading encoders and encoding pictures. */
  readonly onPreparation?: ((progress: PreparationProgress) => void) | undefined;
  /** Called once, before the first step: the data for training and scoring. */
  readonly onData?: ((data: TrainingData) => void) | undefined;
  /** Called after every logged step, every evaluation and every checkpoint. */
  readonly onProgress?: ((event: TrainingEvent) => void) | undefined;
}

/** What training with a configuration returns: one summary, or two and a bundle. The content of a file is not known to the compiler. */
export type TrainResult<Source extends ConfigSource> = Source extends string
  ? TrainSummary | TrainBothSummary
  : [TaskOf<Source>] extends ["both"]
    ? TrainBothSummary
    : "both" extends TaskOf<Source>
      ? TrainSummary | TrainBothSummary
      : TrainSummary;

/** The task that the fields of a configuration name; undefined if they name none. */
export type TaskOf<Source> = Source extends { readonly task?: infer Task } ? Task : undefined;

const REQUEST: RequestShape<TrainRequest> = {
  config: FIELD.source,
  runFolder: FIELD.text,
  resume: FIELD.flag.optional(),
  extensions: FIELD.list.optional(),
  signal: FIELD.signal.optional(),
  onStage: FIELD.callback.optional(),
  onPreparation: FIELD.callback.optional(),
  onData: FIELD.callback.optional(),
  onProgress: FIELD.callback.optional(),
};

/**
 * Trains what the configuration asks for: relations (`task: "mre"`, the default), entities (`task: "mner"`), both and the bundle of the two
 * models (`task: "both"`), or the category of whole posts (`task: "classification"`), with I2SRM or as a student of MI2RAGE. The configuration is kept in the run folder.
 *
 * @throws ConfigError `config/bad-request`, `config/invalid`, `config/contradiction`, `config/not-found`; DataError and EncoderError for files that cannot be used;
 * TrainingError `training/run-folder-in-use` for a folder with a run and no `resume`, `training/checkpoint-mismatch` for other settings on
 * resuming, and the other codes of training; with `both`, the codes of `exportBundle`
 * @example
 * import { train } from "relata";
 *
 * const { status, entities, relations, bundle } = await train({
 *   config: {
 *     task: "both",
 *     encoder: "./encoders/roberta-base",
 *     data: { train: "train.jsonl", validation: "validation.jsonl" },
 *   },
 *   runFolder: "runs/posts",
 *   signal: AbortSignal.timeout(3_600_000),
 *   onProgress: (event) => console.error(event),
 * });
 * console.log(status, bundle, entities.best?.metrics.micro_f1, relations?.best?.metrics.micro_f1);
 */
export async function train<const Source extends ConfigSource>(
  request: TrainRequest<Source>,
): Promise<TrainResult<Source>> {
  requireRequest(REQUEST, request, "the request to train");
  const {
    resume = false,
    extensions,
    runFolder,
    signal,
    onStage,
    onPreparation,
    onData,
    onProgress,
  } = request;
  const config = await resolveTrainConfig(request.config, extensions);
  const { trainBoth, trainOne } = await import("../extract/both/train-both.ts");
  const how = { extensions, runFolder, resume, signal, onPreparation, onData, onProgress };
  const summary =
    config.task === "both"
      ? await trainBoth({ ...how, config, onStage })
      : await trainOne({ ...how, config });
  return summary as TrainResult<Source>; // the task decides, which the type repeats
}
