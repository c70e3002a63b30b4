// Golden cases of I2SRM for entities: the model as it predicts (eval.*, with decoded tags) and as it trains (train.*).
import { z } from "zod";
import { type HostTensor, hostTensor } from "../../graph/host-tensor.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { labelInputs, mixLabels } from "../../models/i2srm/label-mixing.ts";
import { mixupPlan, rowInputs } from "../../models/i2srm/mixup-plan.ts";
import {
  type MnerForward,
  type MnerModelOptions,
  mnerForward,
  mnerLikelihoodLoss,
  mnerSemanticLoss,
  mnerTraining,
} from "../../models/i2srm/mner.ts";
import { Dropout } from "../../nn/dropout.ts";
import { ParameterScope } from "../../nn/parameter-scope.ts";
import { viterbi } from "../../nn/viterbi.ts";
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

const configSchema = z.object({
  ...SHARED_FIELDS,
  emission_dim: z.int().positive(),
  label_mixing: z.enum(["pair", "round"]),
});
type CaseConfig = z.infer<typeof configSchema>;

/** Stands for "no tag" after a row's end. */
const NO_TAG = -1;

/** Computes a case twice, as the README of the golden cases says. */
export async function runMnerCase(golden: GoldenCase, runner: GraphRunner): Promise<Tensors> {
  const config = sizesOf(golden, configSchema);
  return {
    ...(await runTraining(golden, runner, config)),
    ...(await runPrediction(golden, runner, config)),
  };
}

async function runTraining(golden: GoldenCase, runner: GraphRunner, config: CaseConfig): Promise<Tensors> {
  const scope = new ParameterScope();
  const [, length] = need(golden, "input_ids").shape as [number, number];
  const options = modelOptions(config, golden.weights, true);
  const graph = mnerTraining(scope, options, new Dropout(false), { maxLength: length, length, mixing: true });
  const { loss, semanticLoss } = graph;
  const results = resultsOf(graph, { loss, semantic_loss: semanticLoss }, golden.expected, "train.");
  const gradients = gradientOutputs(loss, scope.table, "train.grad.", golden.expected);
  const plan = mixupPlan(config.batch, true, options.i2srm.mixup, () =>
    numbers(need(golden, "mix_permutation")),
  );
  const mixed = mixLabels(
    rowsOf(need(golden, "labels")),
    rowsOf(need(golden, "attention_mask")),
    plan,
    numbers(need(golden, "mix_lambda"))[0] ?? 0,
    config.label_mixing,
  );
  return run(
    golden,
    runner,
    config,
    { ...results, ...gradients },
    {
      ...rowInputs(plan),
      ...labelInputs(mixed),
    },
  );
}

async function runPrediction(golden: GoldenCase, runner: GraphRunner, config: CaseConfig): Promise<Tensors> {
  const scope = new ParameterScope();
  const options = modelOptions(config, golden.weights, false);
  const graph = mnerForward(scope, options, new Dropout(false));
  const loss = mnerLikelihoodLoss(graph);
  const semanticLoss = mnerSemanticLoss(scope, options, graph);
  const results = resultsOf(graph, { loss, semantic_loss: semanticLoss }, golden.expected, "eval.");
  const gradients = gradientOutputs(loss, scope.table, "eval.grad.", golden.expected);
  const emissions = "decoding.emissions";
  const computed = await run(
    golden,
    runner,
    config,
    { ...results, ...gradients, [emissions]: graph.emissions },
    {},
  );
  return { ...computed, "eval.tags": decode(computed[emissions]!, golden) };
}

/** The tags of highest score, `NO_TAG` after a row's end. */
function decode(emissions: HostTensor, golden: GoldenCase): HostTensor {
  const [batch, length, tags] = emissions.shape as [number, number, number];
  const scores = (name: string) => golden.weights[`crf.${name}`]!.data as Float32Array;
  const chain = { start: scores("start"), end: scores("end"), transitions: scores("transitions") };
  const masks = rowsOf(need(golden, "attention_mask"));
  const decoded = masks.flatMap((mask, row) => {
    const real = mask.filter((value) => value === 1).length;
    const from = row * length * tags;
    const path = viterbi((emissions.data as Float32Array).subarray(from, from + real * tags), chain);
    return [...path, ...new Array<number>(length - real).fill(NO_TAG)];
  });
  return hostTensor("int64", [batch, length], decoded);
}

function run(
  golden: GoldenCase,
  runner: GraphRunner,
  config: CaseConfig,
  outputs: Record<string, Tensor>,
  inputs: Tensors,
): Promise<Tensors> {
  const all = { ...golden.weights, ...golden.inputs, ...pictureInputs(golden, config), ...inputs };
  return runner(outputs, all, golden.folder);
}

function modelOptions(config: CaseConfig, weights: Tensors, training: boolean): MnerModelOptions {
  return {
    encoder: encoderConfig(config, weights),
    i2srm: caseSettings(config, training, "all"),
    visual: caseVisual(config),
    tags: config.labels,
    emissionWidth: config.emission_dim,
  };
}

/** The graph's tensors under the case's names, those that the case expects. */
function resultsOf(
  graph: MnerForward,
  losses: Readonly<Record<string, Tensor | undefined>>,
  expected: Tensors,
  prefix: string,
): Record<string, Tensor> {
  const first = graph.prefixes.get(0);
  const all = {
    hidden: graph.hidden,
    emissions: graph.emissions,
    prefix_key_0: first?.key,
    prefix_value_0: first?.value,
    ...losses,
  };
  return expectedOnly(all, expected, prefix);
}

/** Rows of a matrix as plain numbers. */
function rowsOf(tensor: HostTensor): number[][] {
  const [rows, length] = tensor.shape as [number, number];
  const all = numbers(tensor);
  return Array.from({ length: rows }, (_, i) => all.slice(i * length, (i + 1) * length));
}
