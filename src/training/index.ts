// Training of any model: the trainer, and what goes into it.

export { differences, type Json, toJson } from "../base/json.ts";
export { type BatchingOptions, type BatchSize, type EpochPlan, planEpoch } from "./batching.ts";
export {
  type Checkpoint,
  readCheckpoint,
  type StoredCheckpoint,
  saveCheckpoint,
  type Tensors,
} from "./checkpoint.ts";
export { recoverFolder, replaceFolder } from "./durable-folder.ts";
export { describeEnvironment, type Environment } from "./environment.ts";
export {
  availableMemoryBytes,
  checkMemory,
  estimateMemory,
  gigabytes,
  type MemoryEstimate,
  type MemoryNeed,
} from "./memory.ts";
export type { ModelParameters, StepAddress, StepResult, TrainingModel } from "./model.ts";
export {
  type ModelFiles,
  type VerifiedModel,
  verifyModelFolder,
  writeModelFolder,
} from "./model-folder.ts";
export type { TrainingOptions } from "./options.ts";
export type { TrainingEvent, TrainingStatus } from "./progress.ts";
export { fillDropoutMask, type RandomStream, realisedDropout, type Site, stream } from "./random.ts";
export { type LogRecord, METRICS_FILE, RunLog } from "./run-log.ts";
export type { BestEvaluation } from "./run-state.ts";
export { learningRateFactor, type Schedule, warmupSteps } from "./schedule.ts";
export { EventFile } from "./tensorboard.ts";
export type { TrainArguments, TrainingOutcome } from "./train-arguments.ts";
export {
  BEST_MODEL_FOLDER,
  CHECKPOINTS_FOLDER,
  LAST_MODEL_FOLDER,
  RUN_FILE,
  trainModel,
} from "./trainer.ts";
