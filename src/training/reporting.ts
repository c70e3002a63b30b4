// Writes a run's log and reports to its caller: means over a window of steps, evaluations, plans of epochs.
import type { EpochPlan } from "./batching.ts";
import type { Pace, TrainingEvent } from "./progress.ts";
import type { RunLog } from "./run-log.ts";
import { emptyWindow, epochOfLastStep, type RunState } from "./run-state.ts";

/** An optimiser step that has just finished. */
export interface StepReport {
  readonly epoch: number;
  readonly loss: number;
  readonly terms: Readonly<Record<string, number>>;
  readonly gradientNorm: number;
  readonly learningRate: number;
}

export interface Reporter {
  readonly log: RunLog;
  readonly emit: (event: TrainingEvent) => void;
}

function prefixed(prefix: string, values: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}/${name}`, value]));
}

/** Reports that an epoch is about to begin. */
export function reportEpoch({ log, emit }: Reporter, state: RunState, plan: EpochPlan): void {
  const { epoch, step } = state;
  const { paddingShare, entropy } = plan;
  const batches = plan.batches.length;
  const labels = entropy === undefined ? {} : { entropy };
  log.record({ step, event: "epoch", epoch, batches, paddingShare, ...labels });
  emit({ kind: "epoch", epoch, batches, paddingShare, ...labels });
}

/** Reports every step, and logs the means of every `logEverySteps` steps and of the last ones. */
export function reportStep(
  { log, emit }: Reporter,
  state: RunState,
  report: StepReport,
  pace: Pace,
  { totalSteps, logEverySteps }: { readonly totalSteps: number; readonly logEverySteps: number },
): void {
  const { epoch, loss, gradientNorm, learningRate } = report;
  const { step, window, examplesSeen } = state;
  const { examplesPerSecond } = pace;
  const remainingSeconds = pace.remainingSeconds(totalSteps - step);
  const numbers = { loss, learningRate, gradientNorm, examplesPerSecond, remainingSeconds };
  emit({ kind: "step", step, totalSteps, epoch, ...numbers });

  window.steps++;
  window.loss += loss;
  window.gradientNorm += gradientNorm;
  for (const [name, term] of Object.entries(report.terms))
    window.terms[name] = (window.terms[name] ?? 0) + term;
  if (step % logEverySteps !== 0 && step !== totalSteps) return;
  const mean = (sum: number): number => sum / window.steps;
  const terms = Object.fromEntries(Object.entries(window.terms).map(([name, sum]) => [name, mean(sum)]));
  const means = { loss: mean(window.loss), gradientNorm: mean(window.gradientNorm) };
  log.record({ step, event: "train", epoch, examplesSeen, ...means, learningRate, terms });
  log.scalars(step, {
    "train/loss": means.loss,
    "train/gradient-norm": means.gradientNorm,
    "train/learning-rate": learningRate,
    "speed/examples-per-second": examplesPerSecond,
    ...prefixed("terms", terms),
  });
  state.window = emptyWindow();
}

/** Logs the metrics of an evaluation. */
export function reportEvaluation(
  { log, emit }: Reporter,
  state: RunState,
  metrics: Readonly<Record<string, number>>,
  best: boolean,
): void {
  const { step } = state;
  const epoch = epochOfLastStep(state);
  log.record({ step, event: "evaluation", epoch, metrics, best });
  log.scalars(step, prefixed("evaluation", metrics));
  emit({ kind: "evaluation", step, epoch, metrics, best });
}
