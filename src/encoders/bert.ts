// BERT, RoBERTa and XLM-R text encoders (post-norm transformers) with optional visual prefixes in every layer.

import type { Dimension } from "../graph/dimension.ts";
import { hostTensor } from "../graph/host-tensor.ts";
import { broadcastTo } from "../graph/operators/broadcasting.ts";
import { add, cast, equal, multiply, subtract } from "../graph/operators/elementwise.ts";
import { gatherRows, iota } from "../graph/operators/indexing.ts";
import { cumulativeSum } from "../graph/operators/reduction.ts";
import { concatenate, filled, reshape } from "../graph/operators/shape.ts";
import { constant, type Tensor } from "../graph/tensor.ts";
import { type AttentionPrefix, attentionBias, multiHeadAttention } from "../nn/attention.ts";
import type { Dropout } from "../nn/dropout.ts";
import { embedding, layerNormLayer, linearLayer } from "../nn/layers.ts";
import type { ParameterScope } from "../nn/parameter-scope.ts";
import { activate } from "./activation.ts";
import type { TextEncoderConfig } from "./text-config.ts";

/** Prefixes of one layer, or undefined for a layer without. */
export type LayerPrefixes = readonly (AttentionPrefix | undefined)[];

export interface TextEncoderInputs {
  /** int64 [batch, length]. */
  readonly inputIds: Tensor;
  /** int64 [batch, length]: 1 for a token, 0 for padding. */
  readonly attentionMask: Tensor;
  readonly dropout: Dropout;
  /** Keys and values put in front of each layer's own. */
  readonly prefixes?: LayerPrefixes;
  /** float32 [batch, heads, prefix]: 1 where a prefix position may be attended to. Needed with `prefixes`. */
  readonly prefixMask?: Tensor;
  /** Extra rows after the vocabulary, e.g. entity markers. */
  readonly addedTokens?: number;
}

/** The last layer's states, float32 [batch, length, hidden]. Parameters are declared below `scope` under Hugging Face's names. */
export function bertEncoder(
  scope: ParameterScope,
  config: TextEncoderConfig,
  inputs: TextEncoderInputs,
): Tensor {
  return bertUpperLayers(scope, config, embeddings(scope.at("embeddings"), config, inputs), inputs, 0);
}

/** The states after the first `layers` layers: what `bertUpperLayers` goes on from. */
export function bertLowerLayers(
  scope: ParameterScope,
  config: TextEncoderConfig,
  inputs: TextEncoderInputs,
  layers: number,
): Tensor {
  return bertEncoder(scope, { ...config, layers }, inputs);
}

/** The last layer's states from `states` [batch, length, hidden], those after the first `below` layers. */
export function bertUpperLayers(
  scope: ParameterScope,
  config: TextEncoderConfig,
  states: Tensor,
  inputs: Omit<TextEncoderInputs, "inputIds" | "addedTokens">,
  below: number,
): Tensor {
  const { attentionMask, dropout, prefixes, prefixMask } = inputs;
  let hidden = states;
  const plainBias = attentionBias(attentionMask);
  const prefixedBias = prefixMask ? attentionBias(joinMasks(prefixMask, attentionMask)) : undefined;
  for (let i = below; i < config.layers; i++) {
    const prefix = prefixes?.[i];
    hidden = layer(
      scope.at("encoder", "layer", i),
      config,
      hidden,
      prefix ? prefixedBias! : plainBias,
      prefix,
      dropout,
    );
  }
  return hidden;
}

function embeddings(scope: ParameterScope, config: TextEncoderConfig, inputs: TextEncoderInputs): Tensor {
  const { inputIds, dropout, addedTokens = 0 } = inputs;
  const { hiddenSize, initializerRange: deviation, padTokenId: paddingIndex } = config;
  const words = embedding(scope.at("word_embeddings"), inputIds, config.vocabSize + addedTokens, hiddenSize, {
    deviation,
    paddingIndex,
  });
  const positions =
    config.modelType === "bert"
      ? embedding(scope.at("position_embeddings"), iota(inputIds.axis(1)), config.maxPositions, hiddenSize, {
          deviation,
          unique: true,
        })
      : embedding(
          scope.at("position_embeddings"),
          robertaPositions(inputIds, config.padTokenId),
          config.maxPositions,
          hiddenSize,
          { deviation, paddingIndex },
        );
  // Every token has type 0, so the table's first row is added everywhere.
  const typeTable = scope
    .at("token_type_embeddings")
    .parameter("weight", [config.typeVocabSize, hiddenSize], { kind: "normal", deviation });
  const types = gatherRows(typeTable, constant(hostTensor("int64", [1], [0])), { unique: true });
  const sum = add(add(words, types), positions);
  const normal = layerNormLayer(scope.at("LayerNorm"), sum, hiddenSize, config.layerNormEpsilon);
  return dropout.apply(normal, config.hiddenDropout, `${scope.prefix}`);
}

/** Padding stays at `padTokenId`, tokens count on from there. */
function robertaPositions(inputIds: Tensor, padTokenId: number): Tensor {
  const pad = constant(hostTensor("int64", [], [padTokenId]));
  const isToken = cast(subtract(filled(inputIds.shape, 1), cast(equal(inputIds, pad), "float32")), "int64");
  const count = cast(cumulativeSum(isToken, 1), "float32");
  return cast(add(multiply(count, cast(isToken, "float32")), padTokenId), "int64");
}

/** [batch, heads, prefix] and [batch, length] -> [batch, heads, prefix + length]. */
function joinMasks(prefixMask: Tensor, attentionMask: Tensor): Tensor {
  const [batch, heads] = prefixMask.shape as [Dimension, Dimension];
  const length = attentionMask.axis(1);
  const text = reshape(cast(attentionMask, "float32"), [batch, 1, length]);
  return concatenate([prefixMask, broadcastTo(text, [batch, heads, length])], 2);
}

function layer(
  scope: ParameterScope,
  config: TextEncoderConfig,
  x: Tensor,
  bias: Tensor,
  prefix: AttentionPrefix | undefined,
  dropout: Dropout,
): Tensor {
  const { hiddenSize, heads, intermediateSize, layerNormEpsilon, hiddenDropout } = config;
  const initializer = { kind: "normal", deviation: config.initializerRange } as const;
  const self = scope.at("attention", "self");
  const project = (name: string) => linearLayer(self.at(name), x, hiddenSize, hiddenSize, { initializer });
  const context = multiHeadAttention(project("query"), project("key"), project("value"), {
    heads,
    bias,
    prefix,
    dropout: { dropout, probability: config.attentionDropout, place: `${self.prefix}` },
  });
  const output = scope.at("attention", "output");
  const attended = linearLayer(output.at("dense"), context, hiddenSize, hiddenSize, { initializer });
  const first = layerNormLayer(
    output.at("LayerNorm"),
    add(dropout.apply(attended, hiddenDropout, output.prefix), x),
    hiddenSize,
    layerNormEpsilon,
  );
  const inner = activate(
    linearLayer(scope.at("intermediate", "dense"), first, hiddenSize, intermediateSize, { initializer }),
    config.activation,
  );
  const outer = linearLayer(scope.at("output", "dense"), inner, intermediateSize, hiddenSize, {
    initializer,
  });
  return layerNormLayer(
    scope.at("output", "LayerNorm"),
    add(dropout.apply(outer, hiddenDropout, scope.at("output").prefix), first),
    hiddenSize,
    layerNormEpsilon,
  );
}
