// Arguments and result of a training run.

import type { Optimizer } from "../engine/adamw.ts";
import type { Environment } from "./environment.ts";
import type { MemoryNeed } from "./memory.ts";
import type { TrainingModel } from "./model.ts";
import type { ModelFiles } from "./model-folder.ts";
import type { TrainingOptions } from "./options.ts";
import type { TrainingEvent, TrainingStatus } from "./progress.ts";
import type { BestEvaluation } from "./run-state.ts";

/** The time of an evaluation: finished steps and passes over the examples. */
export interface EvaluationAddress {
  readonly step: number;
  readonly epoch: number;
}

/** A model, its training data, and options. */
export interface TrainArguments<Example> {
  readonly model: TrainingModel<Example>;
  readonly optimizer: Optimizer;
  readonly examples: readonly Example[];
  /** What an example is, for people; default "example". */
  readonly exampleNoun?: "example" | "text" | undefined;
  /** Metrics on held-out data; required unless `evaluateEvery` is "never". Must not change the model. */
  readonly evaluate?: (at: EvaluationAddress) => Promise<Readonly<Record<string, number>>>;
  /** Number of examples that an evaluation scores, to estimate its time before the first one. */
  readonly evaluationExamples?: number;
  readonly options: TrainingOptions;
  /** Written into model-best and model-last; `config` must also agree when a run is resumed. */
  readonly modelFiles: ModelFiles;
  readonly runFolder: string;
  /** Continues from the newest checkpoint of the run folder, if there is one. */
  readonly resume?: boolean;
  /** Stops the run after the current step, with a checkpoint. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (event: TrainingEvent) => void;
  /** Names an example in errors; by default its index. */
  readonly nameOf?: (example: Example) => string;
  /** The group of an example, such as its label: what `batching.composition` puts together or apart, and the entropy in the log is about. */
  readonly groupOf?: ((example: Example) => string) | undefined;
  /** Bytes of activations for a batch of that many padded tokens; if given, memory is checked before the start. */
  readonly activationBytes?: (batchTokens: number) => number;
  /** What to change if memory does not suffice. */
  readonly memoryAdvice?: MemoryNeed["advice"];
  readonly environment?: Environment;
}

/** How a training run ended. */
export interface TrainingOutcome {
  readonly status: TrainingStatus;
  readonly step: number;
  readonly totalSteps: number;
  readonly epoch: number;
  readonly best: BestEvaluation | null;
  /** Folder of the newest checkpoint; empty if none is left. */
  readonly checkpoint: string;
  /** Why the run ended, in words. */
  readonly message: string;
}
