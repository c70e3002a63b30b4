// What a run needs: memory, room on the disk, and what its clock must know.
import type { Tensors } from "./checkpoint.ts";
import { type DiskEstimate, estimateDisk } from "./disk.ts";
import type { EpochPlans } from "./epoch-plans.ts";
import { checkMemory, type MemoryEstimate } from "./memory.ts";
import type { ResolvedOptions } from "./options.ts";
import type { RunShape } from "./time-plan.ts";
import type { TrainArguments } from "./train-arguments.ts";

/** The tensors of a run. */
interface RunTensors {
  readonly weights: Tensors;
  readonly moments: Tensors;
}

/** Memory of the run, if the caller can tell that of a batch. @throws TrainingError `training/not-enough-memory` */
export function memoryOf<Example>(
  { activationBytes, memoryAdvice: advice }: TrainArguments<Example>,
  { weights, moments }: RunTensors,
  { accumulation }: ResolvedOptions,
  plans: EpochPlans,
): MemoryEstimate | undefined {
  if (activationBytes === undefined) return undefined;
  const count = (tensors: Tensors) => Object.values(tensors).reduce((sum, { data }) => sum + data.length, 0);
  const trained = count(moments) / 2;
  return checkMemory({
    parameterCount: trained,
    frozenCount: count(weights) - trained,
    accumulation,
    activationBytes,
    largestBatchTokens: plans.of(0).largestBatchTokens,
    ...(advice && { advice }),
  });
}

/** Room of the run on the disk. */
export function diskOf({ weights, moments }: RunTensors, options: ResolvedOptions): DiskEstimate {
  return estimateDisk({
    weightBytes: bytesOf(weights),
    optimizerBytes: bytesOf(moments),
    checkpoints: options.keepCheckpoints,
    best: options.metric !== undefined && options.evaluateEvery !== "never",
    kept: options.keep,
  });
}

/** What the clock must know to tell how long the run takes. */
export function shapeOf(
  { examples, evaluationExamples = 0 }: Pick<TrainArguments<unknown>, "examples" | "evaluationExamples">,
  { evaluateEvery, accumulation }: ResolvedOptions,
  plans: EpochPlans,
): RunShape {
  const stepsPerEpoch = plans.stepsOf(0, accumulation);
  const examplesPerStep = examples.length / stepsPerEpoch;
  if (evaluateEvery === "never") {
    return { examplesPerStep, stepsPerEvaluation: Number.POSITIVE_INFINITY, evaluationExamples: 0 };
  }
  const stepsPerEvaluation = evaluateEvery === "epoch" ? stepsPerEpoch : evaluateEvery.steps;
  return { examplesPerStep, stepsPerEvaluation, evaluationExamples };
}

function bytesOf(tensors: Tensors): number {
  return Object.values(tensors).reduce((sum, { data }) => sum + data.byteLength, 0);
}
