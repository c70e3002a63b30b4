// Golden cases of I2SRM for relations: the model as it predicts (eval.*) and as it trains (train.*).
import { z } from "zod";
import type { TextEncoderConfig } from "../../encoders/text-config.ts";
import type { Runtime } from "../../engine/runtime.ts";
import { DataError } from "../../errors.ts";
import { elementCount, type HostTensor, hostTensor, type Tensor } from "../../graph/index.ts";
import { type I2srmConfig, PUBLISHED_MRE } from "../../models/i2srm/config.ts";
import { type MixupPlan, mixupPlan, withoutMixing } from "../../models/i2srm/mixup-plan.ts";
import { type MreModelOptions, type MreTraining, mreTraining } from "../../models/i2srm/mre.ts";
import { Dropout, ParameterScope } from "../../nn/index.ts";
import type { GoldenCase, Tensors } from "./golden-case.ts";
import { gradientOutputs, runGraph } from "./graph-run.ts";

const size = z.int().positive();

const configSchema = z.object({
  encoder: z.enum(["bert", "roberta"]),
  vocab: size,
  hidden: size,
  layers: size,
  heads: size,
  ffn: size,
  positions: size,
  map_channels: size,
  prompt_dim: size,
  prompt_len: size,
  objects: z.int().nonnegative(),
  image_classes: size,
  batch: size,
  labels: size,
  delta: z.number(),
  unmixed_share: z.number(),
  mix_heads: size,
  mix_ffn: size,
  kl_weight: z.number(),
});
type CaseConfig = z.infer<typeof configSchema>;

/** Values on a 2x2 grid per channel of a picture's map. */
const GRID = 4;

/** Computes a case twice, as the README of the golden cases says. */
export async function runMreCase(golden: GoldenCase, runtime: Runtime): Promise<Tensors> {
  const config = configSchema.parse(golden.config);
  const train = await runMode(golden, runtime, config, "train");
  const evaluation = await runMode(golden, runtime, config, "eval");
  return { ...train, ...evaluation };
}

async function runMode(
  golden: GoldenCase,
  runtime: Runtime,
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
    ? mixupPlan(config.batch, true, options.i2srm.mixup, numbers(need(golden, "mix_permutation")))
    : withoutMixing(config.batch, false);
  const inputs = {
    ...golden.inputs,
    ...pictureInputs(golden, config),
    ...planInputs(plan, numbers(need(golden, "labels"))),
  };
  return runGraph(runtime, { ...results, ...gradients }, { ...golden.weights, ...inputs }, golden.folder);
}

function modelOptions(config: CaseConfig, weights: Tensors, training: boolean): MreModelOptions {
  const i2srm: I2srmConfig = {
    prefix: {
      ...PUBLISHED_MRE.prefix,
      promptLength: config.prompt_len,
      promptHidden: config.prompt_dim,
      objects: config.objects,
    },
    semanticLoss: { enabled: true, weight: config.kl_weight },
    attention: { enabled: training, heads: config.mix_heads, feedForward: config.mix_ffn, dropout: 0 },
    mixup: { enabled: training, delta: config.delta, unmixedShare: config.unmixed_share, alpha: 1 },
  };
  return {
    encoder: encoderConfig(config, weights),
    i2srm,
    visual: {
      mapWidth: (config.map_channels * GRID) / config.prompt_len,
      classes: config.image_classes,
    },
    relations: config.labels,
    addedTokens: 0,
  };
}

/** What the case leaves to the encoder's family. */
function encoderConfig(config: CaseConfig, weights: Tensors): TextEncoderConfig {
  const roberta = config.encoder === "roberta";
  return {
    modelType: config.encoder,
    vocabSize: config.vocab,
    hiddenSize: config.hidden,
    layers: config.layers,
    heads: config.heads,
    intermediateSize: config.ffn,
    maxPositions: config.positions,
    typeVocabSize: weights["encoder.embeddings.token_type_embeddings.weight"]?.shape[0] ?? 1,
    layerNormEpsilon: roberta ? 1e-5 : 1e-12,
    activation: "gelu",
    hiddenDropout: 0,
    attentionDropout: 0,
    initializerRange: 0.02,
    padTokenId: roberta ? 1 : 0,
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
  const all: Readonly<Record<string, Tensor | undefined>> = {
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
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, tensor]) =>
      tensor !== undefined && `${prefix}${name}` in expected ? [[`${prefix}${name}`, tensor]] : [],
    ),
  );
}

/** Maps read row by row as prompt positions; every picture is there and counts alike. */
function pictureInputs(golden: GoldenCase, config: CaseConfig): Tensors {
  const maps = need(golden, "maps") as HostTensor<"float32">;
  const { batch, objects, prompt_len: prompt } = config;
  const width = elementCount(maps.shape) / (batch * (1 + objects) * prompt);
  return {
    maps: hostTensor("float32", [batch, 1 + objects, prompt, width], maps.data),
    picture_mask: hostTensor(
      "float32",
      [batch, 1 + objects],
      new Float32Array(batch * (1 + objects)).fill(1),
    ),
    semantic_weights: hostTensor("float32", [batch], new Float32Array(batch).fill(1 / batch)),
  };
}

/** Row numbers and labels of a plan; X holds the batch once or twice, so a row's label is that of its sample. */
function planInputs(plan: MixupPlan, labels: readonly number[]): Tensors {
  const rows = (list: readonly number[]) => hostTensor("int64", [list.length], list);
  const labelsOf = (list: readonly number[]) => rows(list.map((row) => labels[row % labels.length] ?? 0));
  return {
    unmixed_rows: rows(plan.unmixed),
    unmixed_labels: labelsOf(plan.unmixed),
    mixed_rows_a: rows(plan.mixedA),
    mixed_rows_b: rows(plan.mixedB),
    mixed_labels_a: labelsOf(plan.mixedA),
    mixed_labels_b: labelsOf(plan.mixedB),
  };
}

function need(golden: GoldenCase, name: string): HostTensor {
  const tensor = golden.inputs[name];
  if (tensor !== undefined) return tensor;
  throw new DataError({
    code: "parity/bad-case",
    message: `the input "${name}" is missing`,
    place: golden.folder,
    remedy: "Add it to inputs.safetensors.",
  });
}

function numbers(tensor: HostTensor): number[] {
  return Array.from(tensor.data, Number);
}
