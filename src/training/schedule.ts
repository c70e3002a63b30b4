// Learning-rate schedules: the factor on the base learning rate at every optimiser step.
import { TrainingError } from "../base/errors.ts";

/** Warm-up as a share of all steps (rounded up) or in steps, not both; none by default. */
export interface Schedule {
  readonly kind: "linear" | "cosine" | "constant";
  readonly warmupRatio?: number;
  readonly warmupSteps?: number;
}

/** Number of warm-up steps of a run of `totalSteps` optimiser steps. */
export function warmupSteps(schedule: Schedule, totalSteps: number): number {
  const { warmupRatio, warmupSteps: steps } = schedule;
  const refuse = (message: string, value: unknown, remedy: string): never => {
    throw new TrainingError({
      code: "training/bad-schedule",
      message,
      value,
      remedy,
    });
  };
  if (warmupRatio !== undefined && steps !== undefined) {
    return refuse("both warmupRatio and warmupSteps are given", schedule, "Give one of them.");
  }
  if (warmupRatio !== undefined) {
    if (!(warmupRatio >= 0 && warmupRatio <= 1)) {
      return refuse(
        `warmupRatio must lie between 0 and 1, got ${warmupRatio}`,
        warmupRatio,
        "Give a share such as 0.06.",
      );
    }
    return Math.ceil(totalSteps * warmupRatio);
  }
  if (steps !== undefined && !(Number.isInteger(steps) && steps >= 0)) {
    return refuse(
      `warmupSteps must be a non-negative integer, got ${steps}`,
      steps,
      "Give a number of steps.",
    );
  }
  return steps ?? 0;
}

/**
 * The factor for optimiser step `step`, counted from 0: exactly as in transformers' `get_linear_schedule_with_warmup`,
 * `get_cosine_schedule_with_warmup` (half a cycle) and `get_constant_schedule_with_warmup`. With warm-up, the first step
 * has factor 0.
 *
 * @example
 * learningRateFactor({ kind: "linear", warmupRatio: 0.06 }, 0, 1000); // 0
 * @throws TrainingError `training/bad-schedule`
 */
export function learningRateFactor(schedule: Schedule, step: number, totalSteps: number): number {
  const warmup = warmupSteps(schedule, totalSteps);
  if (step < warmup) return step / Math.max(1, warmup);
  const remaining = Math.max(1, totalSteps - warmup);
  switch (schedule.kind) {
    case "constant":
      return 1;
    case "linear":
      return Math.max(0, (totalSteps - step) / remaining);
    case "cosine":
      return Math.max(0, 0.5 * (1 + Math.cos((Math.PI * (step - warmup)) / remaining)));
    default:
      throw new TrainingError({
        code: "training/bad-schedule",
        message: `unknown schedule "${schedule.kind satisfies never}"`,
        value: schedule,
        remedy: 'Use "linear", "cosine" or "constant".',
      });
  }
}
