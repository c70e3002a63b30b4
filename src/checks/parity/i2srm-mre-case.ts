// Golden cases of I2SRM for relations: the model as it predicts (eval.*) and as it trains (train.*).
import { z } from "zod";
import { hostTensor } from "../../graph/host-tensor.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { type MixupPlan, mixupPlan, rowInputs, withoutMixing } from "../../models/i2srm/mixup-plan.ts";
import { type MreModelOptions, type MreTraining, mreTraining } from "../../models/i2srm/mre.ts";
import { Dropout } from "../../nn/dropout.ts";
import { ParameterScope } from "../../nn/parameter-scope.ts";
import { type GoldenCase, sizesOf, type Tensors } from "./golden-case.ts";
import { type GraphRunner, gradientOutputs } from "./graph-run.ts";
import {
  caseSettings,
  caseVisual,
  encoderConfig,
  expectedOnly,
  need,
  numbers,
  pictureInputs,
  SHARED_FIELDS,
} from "./i2srm-case.ts";

const configSchema = z.object(SHARED_FIELDS);
type CaseConfig = z.infer<typeof configSchema>;

/** Computes a case twice, as the README of the golden cases says. */
export async function runMreCase(golden: GoldenCase, runner: GraphRunner): Promise<Tensors> {
  const config = sizesOf(golden, configSchema);
  const train = await runMode(golden, runner, config, "train");
  const evaluation = await runMode(golden, runner, config, "eval");
  return { ...train, ...evaluation };
}

async function runMode(
  golden: GoldenCase,
  runner: GraphRunner,
  config: CaseConfig,
  mode: "train" | "eval",
): Promise<Tensors> {
  const training = mode === "train";
  const options = modelOptions(config, golden.weights, training);
  const scope = new ParameterScope();
  const graph = mreTraining(scope, options, new Dropout(false), training);
  // Predicting, the loss is the cross-entropy of every row; the semantic loss is stated beside it.
  const loss = training ? graph.loss : graph.plainLoss;
  const results = resultsOf(graph, loss, golden.expected, `${mode}.`);
  const gradients = gradientOutputs(loss, scope.table, `${mode}.grad.`, golden.expected);
  const plan = training
    ? mixupPlan(config.batch, true, options.i2srm.mixup, () => numbers(need(golden, "mix_permutation")))
    : withoutMixing(config.batch, false);
  const inputs = {
    ...golden.inputs,
    ...pictureInputs(golden, config),
    ...planInputs(plan, numbers(need(golden, "labels"))),
  };
  return runner({ ...results, ...gradients }, { ...golden.weights, ...inputs }, golden.folder);
}

function modelOptions(config: CaseConfig, weights: Tensors, training: boolean): MreModelOptions {
  return {
    encoder: encoderConfig(config, weights),
    i2srm: caseSettings(config, training, "pool"),
    visual: caseVisual(config),
    relations: config.labels,
    addedTokens: 0,
  };
}

/** The graph's tensors under the case's names, those that the case expects. */
function resultsOf(
  graph: MreTraining,
  loss: Tensor,
  expected: Tensors,
  prefix: string,
): Record<string, Tensor> {
  const first = graph.prefixes.get(0);
  const all = {
    hidden: graph.hidden,
    entity_pair: graph.entityPair,
    logits: graph.logits,
    prefix_key_0: first?.key,
    prefix_value_0: first?.value,
    attended: graph.attended,
    plain_loss: graph.plainLoss,
    mixed_loss: graph.mixedLoss,
    semantic_loss: graph.semanticLoss,
    loss,
  };
  return expectedOnly(all, expected, prefix);
}

/** Row numbers and labels of a plan; X holds the batch once or twice, so a row's label is that of its sample. */
function planInputs(plan: MixupPlan, labels: readonly number[]): Tensors {
  const labelsOf = (list: readonly number[]) =>
    hostTensor(
      "int64",
      [list.length],
      list.map((row) => labels[row % labels.length] ?? 0),
    );
  return {
    ...rowInputs(plan),
    unmixed_labels: labelsOf(plan.unmixed),
    mixed_labels_a: labelsOf(plan.mixedA),
    mixed_labels_b: labelsOf(plan.mixedB),
  };
}
