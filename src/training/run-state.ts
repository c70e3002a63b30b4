// The progress of a run, as saved in a checkpoint; together with the weights and the optimiser's state it suffices to continue.
import type { ResolvedOptions } from "./options.ts";

/** The best evaluation so far: its step, its epoch and the value of the metric. */
export interface BestEvaluation {
  readonly step: number;
  readonly epoch: number;
  readonly value: number;
}

/** Sums since the last line of the log. */
export interface LogWindow {
  steps: number;
  loss: number;
  terms: Record<string, number>;
  gradientNorm: number;
}

export interface RunState {
  /** Finished optimiser steps. */
  step: number;
  /** Epoch of the next micro-batch, from 0. */
  epoch: number;
  /** Finished micro-batches of that epoch. */
  position: number;
  examplesSeen: number;
  /** Step of the last evaluation, 0 before the first. */
  evaluatedAt: number;
  best: BestEvaluation | null;
  /** Consecutive evaluations that did not improve on `reference` by more than `minDelta`. */
  evaluationsWithoutGain: number;
  /** The value that early stopping compares with. */
  reference: number | null;
  window: LogWindow;
  /** Lines of metrics.jsonl. */
  logLines: number;
  status: "running" | "finished" | "early-stopped";
  /** Of a run with a limit of time: the seconds that it has used, and the number of steps that was planned from its first ones. */
  time?: { elapsedSeconds: number; plannedSteps?: number };
}

export function emptyWindow(): LogWindow {
  return { steps: 0, loss: 0, terms: {}, gradientNorm: 0 };
}

export function initialState(): RunState {
  return {
    step: 0,
    epoch: 0,
    position: 0,
    examplesSeen: 0,
    evaluatedAt: 0,
    best: null,
    evaluationsWithoutGain: 0,
    reference: null,
    window: emptyWindow(),
    logLines: 0,
    status: "running",
  };
}

/** The epoch of the step that has just finished. */
export function epochOfLastStep({ epoch, position }: RunState): number {
  return position === 0 ? epoch - 1 : epoch;
}

/** True if an evaluation is due after the step that has just finished, possibly because an earlier one was interrupted. */
export function evaluationIsDue(state: RunState, options: ResolvedOptions, totalSteps: number): boolean {
  const { evaluateEvery } = options;
  if (evaluateEvery === "never" || state.step === 0 || state.evaluatedAt === state.step) return false;
  if (state.step === totalSteps) return true;
  return evaluateEvery === "epoch" ? state.position === 0 : state.step % evaluateEvery.steps === 0;
}

/** True if a checkpoint is due after the step that has just finished: at the end of an epoch, every n steps, at the end. */
export function checkpointIsDue(state: RunState, options: ResolvedOptions): boolean {
  if (state.status !== "running" || state.position === 0) return true;
  return options.checkpointEverySteps !== undefined && state.step % options.checkpointEverySteps === 0;
}

/**
 * Records a new value of the metric; returns true if it is the best so far, the earlier of two equals. `minDelta` applies only to patience.
 * A score of 0 that should be high says that nothing is right yet: it does not count for patience, and the later of two such models is kept.
 */
export function enterMetric(state: RunState, options: ResolvedOptions, value: number): boolean {
  const { metric, earlyStopping } = options;
  const gain = (before: number): number => (metric?.mode === "min" ? before - value : value - before);
  const nothingYet = metric?.mode === "max" && value === 0 && (state.best?.value ?? 0) === 0;
  if (state.reference === null || gain(state.reference) > (earlyStopping?.minDelta ?? 0)) {
    state.reference = value;
    state.evaluationsWithoutGain = 0;
  } else if (!nothingYet) {
    state.evaluationsWithoutGain++;
  }
  const best = state.best === null || nothingYet || gain(state.best.value) > 0;
  if (best) state.best = { step: state.step, epoch: epochOfLastStep(state), value };
  if (earlyStopping !== undefined && state.evaluationsWithoutGain >= earlyStopping.patience) {
    state.status = "early-stopped";
  }
  return best;
}
