// The graphs of I2SRM for tasks with one class per example (a relation, a category): what AttnMixup mixes, and how a step is planned.
import type { Runtime } from "../../engine/runtime.ts";
import { hostTensor } from "../../graph/host-tensor.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { ClassTraining } from "../../models/i2srm/class-training.ts";
import type { I2srmConfig } from "../../models/i2srm/config.ts";
import { type MixupPlan, mixupPlan, rowInputs } from "../../models/i2srm/mixup-plan.ts";
import type { Dropout } from "../../nn/dropout.ts";
import type { ParameterScope } from "../../nn/parameter-scope.ts";
import type { StepAddress } from "../../training/model.ts";
import { stream } from "../../training/random.ts";
import { GraphModel, type GraphModelOptions, type TaskGraph } from "./graph-model.ts";
import { labelOf } from "./label-of.ts";
import { isWeighted, type WeightedExample, weightInput, weightsOf } from "./label-weights.ts";
import { parameterGroups } from "./parameter-groups.ts";
import type { PredictionTask } from "./predict-examples.ts";
import type { StepPlan } from "./step-graph.ts";
import { WORD_TABLE } from "./word-table.ts";

/** An example with one class. */
export interface ClassExample extends WeightedExample {
  readonly id: string;
  /** Index into the label set; undefined for prediction only. */
  readonly label: number | undefined;
}

/** Class scores of one example, in the order of the label set. */
export type Logits = Float32Array;

/** What differs between the tasks. */
export interface ClassTask<Example extends ClassExample> {
  readonly name: string;
  readonly i2srm: I2srmConfig;
  /** Rates and decay of the encoder and the other parameters. */
  readonly groups: { readonly weightDecay: number; readonly headLearningRateScale: number };
  /** Its inputs are those of a training step too, except for mixup's. */
  readonly prediction: PredictionTask<Example>;
  training(scope: ParameterScope, dropout: Dropout, mixing: boolean, weighted: boolean): ClassTraining;
  logits(scope: ParameterScope): Tensor;
  /** What frozen layers add to the task; absent without any. */
  readonly frozen?: Pick<TaskGraph<Example>, "declareFrozen" | "beforePrediction"> | undefined;
  /** Named sizes of the graph besides `batch` and `length`, from its inputs. */
  readonly sizesOf?: ((inputs: StepPlan["inputs"]) => ReadonlyMap<string, number>) | undefined;
  /** How the layers use the pictures; absent for a model whose layers see none. */
  readonly pictureUse?: ((scope: ParameterScope) => Readonly<Record<string, Tensor>>) | undefined;
}

export class ClassModel<Example extends ClassExample> extends GraphModel<Example> {
  constructor(runtime: Runtime, task: ClassTask<Example>, options: GraphModelOptions) {
    super(runtime, taskGraph(task), options);
  }
}

const MIXING = "with mixup";
const PLAIN = "without mixup";

function taskGraph<Example extends ClassExample>(task: ClassTask<Example>): TaskGraph<Example> {
  const { name, i2srm, groups } = task;
  return {
    name,
    sparseTable: WORD_TABLE,
    ...task.prediction,
    ...task.frozen,
    trainingGraph(scope, dropout, variant) {
      const mixing = i2srm.mixup.enabled && variant?.endsWith(PLAIN) !== true;
      const weighted = isWeighted(variant);
      const { loss, plainLoss, mixedLoss, semanticLoss } = task.training(scope, dropout, mixing, weighted);
      return {
        loss,
        terms: {
          classification: plainLoss,
          ...(mixedLoss ? { mixed: mixedLoss } : {}),
          ...(semanticLoss ? { semantic: semanticLoss } : {}),
        },
      };
    },
    planStep: (examples, at) => planStep(task, examples, at),
    predictionGraph: task.logits,
    ...(task.pictureUse ? { pictureUseGraph: task.pictureUse } : {}),
    partOf: (parameter) => (parameter.startsWith("encoder.") ? "encoder" : "heads"),
    groups: parameterGroups(groups.weightDecay, { encoder: 1, heads: groups.headLearningRateScale }),
  };
}

function planStep<Example extends ClassExample>(
  { i2srm: { mixup, attention }, prediction, sizesOf }: ClassTask<Example>,
  examples: readonly Example[],
  at: StepAddress,
): StepPlan {
  const inputs = prediction.predictionInputs(examples);
  const labels = examples.map((example) => labelOf(example));
  const address = [at.seed, at.step] as const;
  const plan = mixupPlan(examples.length, attention.enabled, mixup, (count) => [
    ...stream(...address, `${at.microStep}/mixup/permutation`).permutation(count),
  ]);
  const lambda = stream(...address, `${at.microStep}/mixup/lambda`).beta(mixup.alpha, mixup.alpha);
  const { variant, weights } = weightsOf(examples, plan.mixedA.length > 0 ? MIXING : PLAIN);
  return {
    variant,
    inputs: {
      ...inputs,
      ...mixupInputs(plan, labels, lambda),
      ...(weights ? weightInputs(plan, weights) : {}),
    },
    sizes: new Map([
      ["batch", inputs.attention_mask!.shape[0]!],
      ["length", inputs.attention_mask!.shape[1]!],
      ...(sizesOf?.(inputs) ?? []),
    ]),
  };
}

/** The weights of a mixup plan's rows; `weights` are the batch's, and H* repeats them. */
function weightInputs(
  { unmixed, mixedA, mixedB }: MixupPlan,
  weights: readonly number[],
): StepPlan["inputs"] {
  const of = (rows: readonly number[]) => weightInput(rows.map((row) => weights[row % weights.length]!));
  return { unmixed_weights: of(unmixed), mixed_weights_a: of(mixedA), mixed_weights_b: of(mixedB) };
}

/** Rows, labels and lambda of a mixup plan; `labels` are the batch's labels, and H* repeats them. */
function mixupInputs(plan: MixupPlan, labels: readonly number[], lambda: number): StepPlan["inputs"] {
  const int64 = (values: readonly number[]) => hostTensor("int64", [values.length], values);
  const labelsOf = (rows: readonly number[]) => int64(rows.map((row) => labels[row % labels.length]!));
  return {
    ...rowInputs(plan),
    unmixed_labels: labelsOf(plan.unmixed),
    mixed_labels_a: labelsOf(plan.mixedA),
    mixed_labels_b: labelsOf(plan.mixedB),
    mix_lambda: hostTensor("float32", [], [lambda]),
  };
}
