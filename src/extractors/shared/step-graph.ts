// The graph of a training step: loss and terms, a gradient for every parameter, and the dropout masks that are inputs.
import { TrainingError } from "../../base/errors.ts";
import { gradients } from "../../graph/gradients.ts";
import type { HostTensor } from "../../graph/host-tensor.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { Dropout, type DropoutSite } from "../../nn/dropout.ts";
import { type LowRankOptions, ParameterScope } from "../../nn/parameter-scope.ts";
import type { StepAddress } from "../../training/model.ts";
import { isTrainedWith } from "./adapters.ts";

/** What names of gradients begin with. */
export const GRADIENT = "gradient/";

/** Inputs of a micro-batch's forward and backward pass. */
export interface StepPlan {
  /** Name of the training graph; batches that need another graph (with nothing to mix, say) name another. */
  readonly variant: string;
  readonly inputs: Record<string, HostTensor>;
  /** Values of the graph's named sizes, for the dropout masks. */
  readonly sizes: ReadonlyMap<string, number>;
}

/** The scalar loss and its parts by name. */
export interface TrainingGraph {
  readonly loss: Tensor;
  readonly terms: Readonly<Record<string, Tensor>>;
}

/** The part of a task that a training step is made of. */
export interface StepTask<Example> {
  planStep(examples: readonly Example[], at: StepAddress): StepPlan;
  /** `variant` undefined: the graph that declares every trained parameter. */
  trainingGraph(scope: ParameterScope, dropout: Dropout, variant: string | undefined): TrainingGraph;
}

/** Outputs of a step by name, and the masks it needs. */
export interface StepGraph {
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly sites: readonly DropoutSite[];
}

/** Builds the step of a task's training graph; with adapters, the text encoder's own parameters have no gradient. @throws TrainingError `training/untrained-parameter` */
export function stepGraph(
  task: Pick<StepTask<never>, "trainingGraph">,
  variant: string | undefined,
  adapters?: LowRankOptions,
): StepGraph {
  const scope = new ParameterScope("", new Map(), adapters);
  const dropout = new Dropout(true);
  const { loss, terms } = task.trainingGraph(scope, dropout, variant);
  const parameters = [...scope.table.values()].filter(({ name }) => isTrainedWith(adapters, name));
  const outputs: Record<string, Tensor> = { loss, ...terms };
  gradients(
    loss,
    parameters.map(({ tensor }) => tensor),
  ).forEach((gradient, i) => {
    const { name } = parameters[i]!;
    if (gradient === undefined) throw untrained(name);
    outputs[`${GRADIENT}${name}`] = gradient;
  });
  return { outputs, sites: dropout.sites };
}

function untrained(name: string): TrainingError {
  return new TrainingError({
    code: "training/untrained-parameter",
    message: `the loss does not depend on the parameter '${name}'`,
    place: name,
    remedy: "Switch off the part of the model that this parameter belongs to.",
  });
}
