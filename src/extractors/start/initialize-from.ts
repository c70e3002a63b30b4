// Sets the initial weights of a run that starts from a trained model, and says what came from it.
import { counted } from "../../base/counted.ts";
import type { GraphModel } from "../shared/graph-model.ts";
import { drawInitial } from "../shared/initial-weights.ts";
import type { TrainableModel } from "../shared/training-task.ts";
import { type CopyPlan, copyWeights, type LabelOrders, planCopy } from "./copy-weights.ts";
import type { StartingModel } from "./starting-model.ts";

/** What a run takes from the trained model. */
export interface StartPlan {
  readonly start: StartingModel;
  readonly labels: LabelOrders;
  readonly plan: CopyPlan;
}

/** Plans what to take. @throws EncoderError `encoder/missing-weight` */
export function planStart(
  { savedDeclarations }: Pick<GraphModel<never>, "savedDeclarations">,
  start: StartingModel,
  heads: TrainableModel<never, never>["heads"],
): StartPlan {
  const labels = { before: start.entries, now: heads?.entries ?? [], axes: heads?.axes ?? {} };
  return { start, labels, plan: planCopy(savedDeclarations, start.weights, labels) };
}

/** Fills the model's parameters: from the seed, and over it from the trained model. */
export function initializeFrom(
  model: Pick<GraphModel<never>, "declarations" | "parameters">,
  { start, labels, plan }: StartPlan,
  seed: number,
): void {
  drawInitial(model, seed);
  copyWeights(plan, start.weights, labels, (name) => model.parameters.weight(name));
}

/** What the user should know about the start: labels that are new, and parts that the trained model does not have. */
export function startNotes(
  { start: { folder, labels, visual }, plan: { copied, fresh } }: StartPlan,
  now: { readonly labels: readonly string[]; readonly visual: string },
): string[] {
  const added = now.labels.filter((label) => !labels.includes(label));
  const gone = labels.filter((label) => !now.labels.includes(label));
  const parts = [...new Set(fresh.map((name) => name.split(".")[0]))];
  return [
    `starts from ${folder}: ${counted(copied.length, "weight")} copied`,
    ...(added.length > 0 ? [`new labels, whose weights are drawn at random: ${added.join(", ")}`] : []),
    ...(gone.length > 0 ? [`labels of that model that this run does not have: ${gone.join(", ")}`] : []),
    ...(visual === now.visual ? [] : [`warning: that model saw ${visual}, and this run sees ${now.visual}`]),
    ...(parts.length > 0
      ? [`drawn at random, because that model has none of this size: ${parts.join(", ")}`]
      : []),
  ];
}
