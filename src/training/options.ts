// The options of a training run, their defaults and their checks.
import { TrainingError } from "../base/errors.ts";
import type { BatchingOptions } from "./batching.ts";
import type { Schedule } from "./schedule.ts";

/** What is kept of a run that has ended: the best model; also the last one; also the newest checkpoint with the optimiser's state. */
const KEPT = ["best", "last", "all"] as const;
export type Kept = (typeof KEPT)[number];

/** Settings of a training run. */
export interface TrainingOptions {
  readonly seed: number;
  /** Passes over the examples; `maxSteps` ends the run earlier when both are given. */
  readonly epochs?: number;
  /** Optimiser steps. */
  readonly maxSteps?: number;
  readonly batching: BatchingOptions;
  /** Micro-batches per optimiser step, 1 by default; the last step of an epoch may have fewer. */
  readonly accumulation?: number;
  readonly learningRate: number;
  /** `{ kind: "linear" }` by default. */
  readonly schedule?: Schedule;
  /** Maximum global norm of the gradients; absent: no clipping. */
  readonly maxGradientNorm?: number | undefined;
  /** "epoch" by default; the end of the run is always evaluated, except with "never". */
  readonly evaluateEvery?: "epoch" | "never" | { readonly steps: number };
  /** The metric that determines `model-best` and early stopping. */
  readonly metric?: { readonly name: string; readonly mode: "max" | "min" };
  /** Stops after `patience` consecutive evaluations that did not improve the metric by more than `minDelta` (0). */
  readonly earlyStopping?: { readonly patience: number; readonly minDelta?: number };
  /** In addition to the end of every epoch and of the run. */
  readonly checkpointEverySteps?: number;
  /** Leaves out a checkpoint if the last one was written less than so many seconds ago; 0 by default. The signal always writes one. */
  readonly checkpointGapSeconds?: number;
  /** Number of checkpoints to keep while the run trains, 1 by default. */
  readonly keepCheckpoints?: number;
  /**
   * What to keep of a run that has ended: "best", the best model (or the last one if nothing was evaluated); "last", also the last model;
   * "all", also the checkpoints, with the optimiser's state. "all" by default.
   */
  readonly keep?: Kept;
  /**
   * Seconds of training, evaluations included. After the first steps the number of steps and the schedule are planned for what fits, so
   * that the result depends on the machine's speed.
   */
  readonly timeLimitSeconds?: number | undefined;
  /** Steps per line of the log, 10 by default; the line contains their mean loss. */
  readonly logEverySteps?: number;
}

/** Options with every default filled in. */
export type ResolvedOptions = TrainingOptions &
  Required<
    Pick<
      TrainingOptions,
      "accumulation" | "schedule" | "evaluateEvery" | "keepCheckpoints" | "keep" | "logEverySteps"
    >
  >;

function refuse(message: string, value: unknown, remedy: string): never {
  throw new TrainingError({ code: "training/bad-options", message, value, remedy });
}

function checkCount(name: string, value: number | undefined): void {
  if (value === undefined || (Number.isInteger(value) && value > 0)) return;
  refuse(`${name} must be a positive integer, got ${value}`, value, `Set ${name} to 1 or more, or omit it.`);
}

/**
 * Fills in the defaults.
 *
 * @throws TrainingError `training/bad-options`
 */
export function resolveOptions(options: TrainingOptions): ResolvedOptions {
  const resolved: ResolvedOptions = {
    ...options,
    accumulation: options.accumulation ?? 1,
    schedule: options.schedule ?? { kind: "linear" },
    evaluateEvery: options.evaluateEvery ?? "epoch",
    keepCheckpoints: options.keepCheckpoints ?? 1,
    keep: options.keep ?? "all",
    logEverySteps: options.logEverySteps ?? 10,
  };
  const { evaluateEvery, earlyStopping, learningRate, maxGradientNorm, timeLimitSeconds } = resolved;
  if (resolved.epochs === undefined && resolved.maxSteps === undefined) {
    refuse("neither epochs nor maxSteps is given", options, "Set epochs or maxSteps.");
  }
  checkCount("epochs", resolved.epochs);
  checkCount("maxSteps", resolved.maxSteps);
  checkCount("accumulation", resolved.accumulation);
  checkCount("checkpointEverySteps", resolved.checkpointEverySteps);
  checkCount("keepCheckpoints", resolved.keepCheckpoints);
  checkCount("logEverySteps", resolved.logEverySteps);
  if (typeof evaluateEvery === "object") checkCount("evaluateEvery.steps", evaluateEvery.steps);
  if (!KEPT.includes(resolved.keep)) {
    refuse(`keep must be ${KEPT.join(", ")}, got ${resolved.keep}`, resolved.keep, 'Give "best".');
  }
  if (timeLimitSeconds !== undefined && !(timeLimitSeconds > 0 && Number.isFinite(timeLimitSeconds))) {
    refuse(
      `timeLimitSeconds must be a positive number, got ${timeLimitSeconds}`,
      timeLimitSeconds,
      "Give a number of seconds, or omit it for no limit.",
    );
  }
  if (!(learningRate >= 0 && Number.isFinite(learningRate))) {
    refuse(
      `learningRate must be a non-negative number, got ${learningRate}`,
      learningRate,
      "Give a rate such as 3e-5.",
    );
  }
  if (maxGradientNorm !== undefined && !(maxGradientNorm > 0)) {
    refuse(
      `maxGradientNorm must be positive, got ${maxGradientNorm}`,
      maxGradientNorm,
      "Omit it for no clipping.",
    );
  }
  if (earlyStopping !== undefined) {
    checkCount("earlyStopping.patience", earlyStopping.patience);
    if (!((earlyStopping.minDelta ?? 0) >= 0)) {
      refuse(`earlyStopping.minDelta must not be negative`, earlyStopping.minDelta, "Give 0 or more.");
    }
    if (resolved.metric === undefined || evaluateEvery === "never") {
      refuse("earlyStopping needs a metric and evaluations", options, "Set metric and evaluateEvery.");
    }
  }
  return resolved;
}

/** The options that a resumed run must share with its start: those that the weights depend on. */
export function decisiveOptions(options: ResolvedOptions): Partial<ResolvedOptions> {
  const {
    keep: _keep,
    keepCheckpoints: _keepCheckpoints,
    checkpointEverySteps: _checkpointEverySteps,
    checkpointGapSeconds: _checkpointGapSeconds,
    ...decisive
  } = options;
  return decisive;
}
