// Says how a run ended: at which epoch, and why.
import { counted } from "../base/counted.ts";
import type { ResolvedOptions } from "./options.ts";
import { epochOfLastStep, type RunState } from "./run-state.ts";

/** Why a run that is no longer running has ended, in words. */
export function endingOf(state: RunState, options: ResolvedOptions, allSteps: number): string {
  const { best, time } = state;
  const { metric, earlyStopping, epochs } = options;
  const here = epochOfLastStep(state) + 1;
  const ofAll = epochs === undefined ? "" : ` of at most ${epochs}`;
  const atBest =
    best === null || metric === undefined
      ? ""
      : `; the best ${metric.name}, ${best.value.toFixed(4)}, is that of epoch ${best.epoch + 1}`;
  if (state.status === "early-stopped" && earlyStopping !== undefined) {
    const without = counted(earlyStopping.patience, "evaluation");
    return `stopped early after epoch ${here}${ofAll}: no better ${metric?.name} in ${without}${atBest}`;
  }
  if (time?.plannedSteps !== undefined && time.plannedSteps < allSteps) {
    return `the limit of time left room for ${time.plannedSteps} of ${counted(allSteps, "step")} (epoch ${here}${ofAll})${atBest}`;
  }
  const all = epochs === undefined ? counted(allSteps, "step") : counted(epochs, "epoch");
  return `${all} done${atBest}`;
}
