// CLIP (Radford et al. 2021): a causal text tower and a picture tower, projected into one space; Hugging
// Face layout.

import { productOf } from "../graph/dimension.ts";
import { hostTensor } from "../graph/host-tensor.ts";
import { sqrt } from "../graph/operators/activation.ts";
import { reduceSum } from "../graph/operators/broadcasting.ts";
import { add, cast, divide, equal, greater, multiply } from "../graph/operators/elementwise.ts";
import { gatherRows, iota } from "../graph/operators/indexing.ts";
import { linear } from "../graph/operators/matrix.ts";
import { argMax, countOf } from "../graph/operators/reduction.ts";
import { reshape, slice } from "../graph/operators/shape.ts";
import { constant, type Tensor } from "../graph/tensor.ts";
import { attentionBias, multiHeadAttention } from "../nn/attention.ts";
import type { Dropout } from "../nn/dropout.ts";
import { embedding, layerNormLayer, linearLayer } from "../nn/layers.ts";
import type { ParameterScope } from "../nn/parameter-scope.ts";
import { activate } from "./activation.ts";
import type { ClipConfig, ClipTextConfig, ClipTowerConfig, ClipVisionConfig } from "./clip-config.ts";
import { patchRows, positionCount, requirePixels } from "./vision-layers.ts";

const MASKED_SCORE = -1e9; // far below any score, yet finite
/**
 * Old configurations contain this id by mistake; for them the end of the text is the token with the highest
 * id.
 */
const LEGACY_EOS = 2;

export interface ClipTextInputs {
  /** int64 [batch, length]. */
  readonly inputIds: Tensor;
  /** int64 [batch, length]: 1 for a token, 0 for padding. */
  readonly attentionMask: Tensor;
}

export interface ClipTowerOutputs {
  /** float32 [batch, length or 1 + patches, hidden]: normalised for texts, not normalised for pictures. */
  readonly lastHiddenState: Tensor;
  /** Normalised state of the text's end or of the picture's class: float32 [batch, hidden]. */
  readonly pooled: Tensor;
  /** `pooled`, projected, at length 1: float32 [batch, projection]. */
  readonly embeds: Tensor;
}

/**
 * The text tower below `scope.text_model` and its projection. Each position attends to itself and those
 * before it.
 */
export function clipText(
  scope: ParameterScope,
  config: ClipConfig,
  inputs: ClipTextInputs,
  dropout: Dropout,
): ClipTowerOutputs {
  const { inputIds, attentionMask } = inputs;
  const { text } = config;
  const body = scope.at("text_model");
  const table = { deviation: text.initializerRange };
  const words = embedding(
    body.at("embeddings", "token_embedding"),
    inputIds,
    text.vocabSize,
    text.hiddenSize,
    table,
  );
  const positions = embedding(
    body.at("embeddings", "position_embedding"),
    iota(inputIds.axis(1)),
    text.maxPositions,
    text.hiddenSize,
    { ...table, unique: true },
  );
  const bias = add(attentionBias(attentionMask), causalBias(inputIds));
  const states = tower(body.at("encoder"), text, add(words, positions), bias, dropout);
  const lastHiddenState = layerNormLayer(
    body.at("final_layer_norm"),
    states,
    text.hiddenSize,
    text.layerNormEpsilon,
  );
  const pooled = rowsAt(lastHiddenState, endOfText(inputIds, text));
  return {
    lastHiddenState,
    pooled,
    embeds: projected(scope.at("text_projection"), pooled, text, config.projectionSize),
  };
}

/**
 * The picture tower below `scope.vision_model` and its projection, for pixels [batch, channels, side, side].
 *
 * @throws EncoderError `encoder/wrong-picture-shape`
 */
export function clipVision(
  scope: ParameterScope,
  config: ClipConfig,
  pixels: Tensor,
  dropout: Dropout,
): ClipTowerOutputs {
  const { vision } = config;
  const { hiddenSize, layerNormEpsilon } = vision;
  requirePixels("clipVision", pixels, vision.channels, vision.imageSize);
  const body = scope.at("vision_model");
  const embedded = pictureEmbeddings(body.at("embeddings"), vision, pixels);
  // The missing "e" is Hugging Face's spelling of the parameter.
  const normal = layerNormLayer(body.at("pre_layrnorm"), embedded, hiddenSize, layerNormEpsilon);
  const lastHiddenState = tower(body.at("encoder"), vision, normal, undefined, dropout);
  const classRow = reshape(slice(lastHiddenState, 1, 0, 1), [pixels.axis(0), hiddenSize]);
  const pooled = layerNormLayer(body.at("post_layernorm"), classRow, hiddenSize, layerNormEpsilon);
  return {
    lastHiddenState,
    pooled,
    embeds: projected(scope.at("visual_projection"), pooled, vision, config.projectionSize),
  };
}

function pictureEmbeddings(scope: ParameterScope, config: ClipVisionConfig, pixels: Tensor): Tensor {
  const { hiddenSize, channels, patchSize, initializerRange: deviation } = config;
  const normal = { kind: "normal", deviation } as const;
  const rows = patchRows(
    pixels,
    config,
    scope.at("patch_embedding").parameter("weight", [hiddenSize, channels, patchSize, patchSize], normal),
    undefined,
    scope.parameter("class_embedding", [hiddenSize], normal),
  );
  const positions = scope
    .at("position_embedding")
    .parameter("weight", [positionCount(config), hiddenSize], normal);
  return add(rows, positions);
}

function tower(
  scope: ParameterScope,
  config: ClipTowerConfig,
  x: Tensor,
  bias: Tensor | undefined,
  dropout: Dropout,
): Tensor {
  let hidden = x;
  for (let i = 0; i < config.layers; i++) {
    hidden = layer(scope.at("layers", i), config, hidden, bias, dropout);
  }
  return hidden;
}

function layer(
  scope: ParameterScope,
  config: ClipTowerConfig,
  x: Tensor,
  bias: Tensor | undefined,
  dropout: Dropout,
): Tensor {
  const { hiddenSize, intermediateSize, heads, layerNormEpsilon: epsilon } = config;
  const initializer = { kind: "normal", deviation: config.initializerRange } as const;
  const self = scope.at("self_attn");
  const before = layerNormLayer(scope.at("layer_norm1"), x, hiddenSize, epsilon);
  const project = (name: string) =>
    linearLayer(self.at(name), before, hiddenSize, hiddenSize, { initializer });
  const context = multiHeadAttention(project("q_proj"), project("k_proj"), project("v_proj"), {
    heads,
    bias,
    dropout: { dropout, probability: config.attentionDropout, place: self.prefix },
  });
  const first = add(x, linearLayer(self.at("out_proj"), context, hiddenSize, hiddenSize, { initializer }));
  const after = layerNormLayer(scope.at("layer_norm2"), first, hiddenSize, epsilon);
  const inner = activate(
    linearLayer(scope.at("mlp", "fc1"), after, hiddenSize, intermediateSize, { initializer }),
    config.activation,
  );
  return add(
    first,
    linearLayer(scope.at("mlp", "fc2"), inner, intermediateSize, hiddenSize, { initializer }),
  );
}

/** 0 on and below the diagonal, MASKED_SCORE above: [1, 1, length, length]. */
function causalBias(inputIds: Tensor): Tensor {
  const length = inputIds.axis(1);
  const positions = iota(length);
  const later = greater(reshape(positions, [1, length]), reshape(positions, [length, 1]));
  return reshape(multiply(cast(later, "float32"), MASKED_SCORE), [1, 1, length, length]);
}

/** Position of the end of every text: int64 [batch]. */
function endOfText(inputIds: Tensor, config: ClipTextConfig): Tensor {
  if (config.eosTokenId === LEGACY_EOS) return argMax(cast(inputIds, "float32"), 1);
  const eos = constant(hostTensor("int64", [], [config.eosTokenId]));
  return argMax(cast(equal(inputIds, eos), "float32"), 1);
}

/** Row `positions[b]` of every x[b]: x [batch, length, hidden] -> [batch, hidden]. */
function rowsAt(x: Tensor, positions: Tensor): Tensor {
  const [batch, length, hidden] = x.shape as [Tensor["shape"][number], Tensor["shape"][number], number];
  const first = multiply(cast(iota(batch), "float32"), countOf([length]));
  const rows = cast(add(first, cast(positions, "float32")), "int64");
  return gatherRows(reshape(x, [productOf([batch, length]), hidden]), rows, { unique: true });
}

/** A projection without bias, then every row divided by its length. */
function projected(scope: ParameterScope, pooled: Tensor, config: ClipTowerConfig, size: number): Tensor {
  const weight = scope.parameter("weight", [size, config.hiddenSize], {
    kind: "normal",
    deviation: config.hiddenSize ** -0.5,
  });
  return ofLengthOne(linear(pooled, weight));
}

/** Vectors of the last axis, divided by their length. */
export function ofLengthOne(x: Tensor): Tensor {
  return divide(x, sqrt(reduceSum(multiply(x, x), { axes: [-1], keepDimensions: true })));
}
