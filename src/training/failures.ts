// Errors that end a running training.
import { TrainingError } from "../base/errors.ts";

/** A loss or a gradient that is NaN or infinite; names the step and the examples. */
export function nonFinite(
  what: "loss" | "gradient",
  value: number,
  at: { readonly step: number; readonly examples: readonly string[]; readonly checkpoint: string },
): TrainingError {
  const kept = at.checkpoint === "" ? "" : ` The last good checkpoint is ${at.checkpoint}.`;
  return new TrainingError({
    code: what === "loss" ? "training/non-finite-loss" : "training/non-finite-gradient",
    message:
      `the ${what === "loss" ? "loss" : "gradient norm"} is ${value} ` +
      `at step ${at.step}, examples ${at.examples.join(", ")}`,
    place: `step ${at.step}`,
    value: at.examples,
    remedy:
      "Start again with lower learning rates, reducing the highest first. Clipping keeps steps small, but does not help if a number is " +
      `already NaN or infinite. If the error persists, look at these examples.${kept}`,
    fault: "work",
  });
}

/** An evaluation without a usable value of the metric that decides on the best model. */
export function noSuchMetric(
  name: string,
  step: number,
  metrics: Readonly<Record<string, number>>,
): TrainingError {
  return new TrainingError({
    code: "training/no-such-metric",
    message: `the evaluation gave ${metrics[name]} for "${name}"`,
    place: `step ${step}`,
    value: metrics,
    remedy: `Choose a metric that is always a number; the metrics were: ${Object.keys(metrics).join(", ") || "none"}.`,
  });
}

/** A fresh start in a run folder that already has a run. */
export function runFolderInUse(runFolder: string): TrainingError {
  return new TrainingError({
    code: "training/run-folder-in-use",
    message: `the folder ${runFolder} already holds a run`,
    place: runFolder,
    remedy: "Resume that run, or give another run folder.",
  });
}
