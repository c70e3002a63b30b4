// Training of any model: the trainer and its parts.

export type { BatchingOptions, BatchSize } from "./batching.ts";
export type { Environment } from "./environment.ts";
export type { MemoryEstimate, MemoryNeed } from "./memory.ts";
export type { ModelParameters, StepAddress, StepResult, TrainingModel } from "./model.ts";
export type { ModelFiles } from "./model-folder.ts";
export type { TrainingOptions } from "./options.ts";
export type { TrainingEvent, TrainingStatus } from "./progress.ts";
export { fillDropoutMask, type RandomStream, realisedDropout, type Site, stream } from "./random.ts";
export type { BestEvaluation } from "./run-state.ts";
export type { Schedule } from "./schedule.ts";
export type { EvaluationAddress, TrainArguments, TrainingOutcome } from "./train-arguments.ts";
export {
  BEST_MODEL_FOLDER,
  LAST_MODEL_FOLDER,
  trainModel,
} from "./trainer.ts";
