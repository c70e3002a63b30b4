// I2SRM for entities: a text encoder with visual prefixes, token features, cross-sample attention and mixup over whole sentences, a CRF.
import type { TextEncoderConfig } from "../../encoders/text-config.ts";
import { addDimensions, type Dimension, multiplyDimensions } from "../../graph/dimension.ts";
import { reduceSum } from "../../graph/operators/broadcasting.ts";
import { add, cast, divide, multiply, subtract } from "../../graph/operators/elementwise.ts";
import { gatherRows } from "../../graph/operators/indexing.ts";
import { countOf } from "../../graph/operators/reduction.ts";
import { concatenate, filled, reshape, slice, split } from "../../graph/operators/shape.ts";
import { input, type Tensor } from "../../graph/tensor.ts";
import type { AttentionPrefix } from "../../nn/attention.ts";
import type { Dropout } from "../../nn/dropout.ts";
import { linearLayer } from "../../nn/layers.ts";
import { type CrfParameters, crfLogPartition, crfParameters, crfScore } from "../../nn/linear-chain-crf.ts";
import type { ParameterScope } from "../../nn/parameter-scope.ts";
import { transformerEncoderLayer } from "../../nn/transformer-layer.ts";
import { type TextStart, textStates } from "../text-states.ts";
import type { I2srmConfig, VisualSizes } from "./config.ts";
import { visualPrefixInputs } from "./prefix-inputs.ts";
import type { PrefixUse } from "./prefix-use.ts";
import { semanticAlignment } from "./semantic-alignment.ts";

/** Sizes of the graph for entities. */
export interface MnerModelOptions {
  readonly encoder: TextEncoderConfig;
  readonly i2srm: I2srmConfig;
  /** Undefined for text only. */
  readonly visual: VisualSizes | undefined;
  readonly tags: number;
  /** Width of a token's feature (150 as published). */
  readonly emissionWidth: number;
  /** Where the texts begin: at their tokens (the default), or at states of frozen layers. */
  readonly start?: TextStart;
}

/** Outputs of the graph for entities. */
export interface MnerForward {
  /** Last hidden states [batch, length, hidden]. */
  readonly hidden: Tensor;
  /** Token features [batch, length, emissionWidth]. */
  readonly features: Tensor;
  /** Tag scores [batch, length, tags]. */
  readonly emissions: Tensor;
  readonly crf: CrfParameters;
  /** float32 [batch, length]. */
  readonly mask: Tensor;
  readonly prefixes: ReadonlyMap<number, AttentionPrefix>;
}

/** Losses of one training batch, all scalars. */
export interface MnerTraining extends MnerForward {
  readonly loss: Tensor;
  readonly semanticLoss: Tensor | undefined;
}

/** What the training graph must know about its batches. */
export interface MnerBatch {
  /** Length of the longest text of any batch. */
  readonly maxLength: number;
  /** Whether rows are mixed. */
  readonly mixing: boolean;
  /** Whether the weights of a row's sequences may sum to anything but 1: sentences whose labels count more or less. Default false. */
  readonly weighted?: boolean;
  /** Length of the batch's texts; by default the size named "length". */
  readonly length?: Dimension;
}

/** Tag scores of a batch. Graph inputs: `input_ids`, `attention_mask` int64 [batch, length] (`states` float32 [batch, length, hidden] in place of
 * `input_ids` for texts that start there), and the relation model's visual inputs.
 * `use` collects how the layers use their visual prefixes. */
export function mnerForward(
  scope: ParameterScope,
  options: MnerModelOptions,
  dropout: Dropout,
  length: Dimension = "length",
  use?: PrefixUse,
): MnerForward {
  const { encoder, emissionWidth, tags, start = { kind: "tokens" } } = options;
  const attentionMask = input("attention_mask", "int64", ["batch", length]);
  const { prefixes, encoderInputs } = visualPrefixInputs(scope, options, attentionMask, use);
  const hidden = textStates(scope.at("encoder"), encoder, {
    ...{ attentionMask, dropout, start },
    ...encoderInputs,
  });
  const features = linearLayer(scope.at("fc"), hidden, encoder.hiddenSize, emissionWidth);
  const emissions = linearLayer(scope.at("linear"), features, emissionWidth, tags);
  const crf = crfParameters(scope.at("crf"), tags);
  return { hidden, features, emissions, crf, mask: cast(attentionMask, "float32"), prefixes };
}

/**
 * Mean over rows of the negative log-likelihood of the input `labels` int64 [batch, length] (any tag where the mask is 0); with `weighted`, times the
 * input `label_weights` float32 [batch].
 */
export function mnerLikelihoodLoss(
  { emissions, crf, mask }: Pick<MnerForward, "emissions" | "crf" | "mask">,
  weighted = false,
): Tensor {
  const tags = input("labels", "int64", mask.shape);
  const perRow = subtract(crfLogPartition(crf, emissions, mask), crfScore(crf, emissions, tags, mask));
  const counting = weighted ? multiply(perRow, input("label_weights", "float32", perRow.shape)) : perRow;
  return divide(reduceSum(counting), countOf([perRow.shape[0]!]));
}

/**
 * Losses of a training batch. The cross-sample attention is `maxLength` * emissionWidth wide; a batch may be shorter (`length`, a named
 * size or a number): for the attention only, its features are then padded with zeros. X = [H; H*] are the sentences' features before and after
 * attention across sentences, 2 batch rows. The trained rows are the unmixed ones of X, then with `mixing` the mixed ones: lambda X[a] +
 * (1 - lambda) X[b]. Further inputs: `unmixed_rows` int64 [unmixed]; with `mixing` `mixed_rows_a`, `mixed_rows_b` int64 [mixed] and the scalar
 * `mix_lambda` (`mixupPlan` chooses the rows); for all trained rows `row_mask` float32 and `row_labels_a`, `row_labels_b` int64 [rows, length],
 * `row_weights_a`, `row_weights_b` float32 [rows]: a row's loss is the weighted sum over both sequences (the rounded labels of the
 * published code are one sequence with weight 1), and with `weighted` also the weight of its log partition; with the semantic loss `image_logits` and `semantic_weights` as for relations.
 */
export function mnerTraining(
  scope: ParameterScope,
  options: MnerModelOptions,
  dropout: Dropout,
  { maxLength, mixing, weighted = false, length = "length" }: MnerBatch,
): MnerTraining {
  const { i2srm, emissionWidth, tags } = options;
  const forward = mnerForward(scope, options, dropout, length);
  let rows = forward.features;
  if (i2srm.attention.enabled) {
    const { heads, feedForward, dropout: dropoutProbability } = i2srm.attention;
    const place = "encoder_layers";
    const width = maxLength * emissionWidth;
    const padding = addDimensions(maxLength, multiplyDimensions(-1, length));
    const filledUp = concatenate([rows, filled(["batch", padding, emissionWidth], 0)], 1);
    const attended = transformerEncoderLayer(scope.at(place), reshape(filledUp, [1, "batch", width]), {
      heads,
      feedForward,
      dropoutProbability,
      dropout,
      place,
    });
    const [own] = split(reshape(attended, ["batch", maxLength, emissionWidth]), 1, [length, padding]);
    rows = concatenate([rows, own!], 0);
  }
  const unmixed = gatherRows(rows, input("unmixed_rows", "int64", ["unmixed"]));
  if (mixing) {
    const lambda = input("mix_lambda", "float32", []);
    const a = gatherRows(rows, input("mixed_rows_a", "int64", ["mixed"]));
    const b = gatherRows(rows, input("mixed_rows_b", "int64", ["mixed"]));
    rows = concatenate([unmixed, add(multiply(a, lambda), multiply(b, subtract(1, lambda)))], 0);
  } else rows = unmixed;
  const count = rows.shape[0]!;
  const emissions = linearLayer(scope.at("linear"), rows, emissionWidth, tags);
  const mask = input("row_mask", "float32", [count, length]);
  const weights = {
    a: input("row_weights_a", "float32", [count]),
    b: input("row_weights_b", "float32", [count]),
  };
  const scoreOf = (name: "a" | "b") =>
    multiply(
      crfScore(forward.crf, emissions, input(`row_labels_${name}`, "int64", [count, length]), mask),
      weights[name],
    );
  const logPartition = crfLogPartition(forward.crf, emissions, mask);
  const normaliser = weighted ? multiply(logPartition, add(weights.a, weights.b)) : logPartition;
  const perRow = subtract(normaliser, add(scoreOf("a"), scoreOf("b")));
  let loss = divide(reduceSum(perRow), countOf([count]));

  const semanticLoss = mnerSemanticLoss(scope, options, forward);
  if (semanticLoss) loss = add(loss, multiply(semanticLoss, i2srm.semanticLoss.weight));
  return { ...forward, loss, semanticLoss };
}

/** The semantic loss on the first token's state; undefined if it is off. */
export function mnerSemanticLoss(
  scope: ParameterScope,
  { encoder, i2srm, visual }: MnerModelOptions,
  { hidden }: MnerForward,
): Tensor | undefined {
  if (!visual || !i2srm.semanticLoss.enabled) return undefined;
  const firstToken = reshape(slice(hidden, 1, 0, 1), ["batch", encoder.hiddenSize]);
  return semanticAlignment(scope, firstToken, visual.classes);
}
