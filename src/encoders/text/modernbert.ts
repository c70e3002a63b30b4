// ModernBERT (Warner et al. 2024): pre-norm layers with rotary positions, gated feed-forward parts, and windows in most layers; Hugging Face layout.
import { z } from "zod";
import type { Dimension } from "../../graph/dimension.ts";
import { hostTensor } from "../../graph/host-tensor.ts";
import { cos, sin } from "../../graph/operators/activation.ts";
import { add, cast, greater, multiply, subtract } from "../../graph/operators/elementwise.ts";
import { iota } from "../../graph/operators/indexing.ts";
import { layerNorm } from "../../graph/operators/normalization.ts";
import { concatenate, filled, reshape, split } from "../../graph/operators/shape.ts";
import { constant, scalar, type Tensor } from "../../graph/tensor.ts";
import { type AttentionPrefix, multiHeadAttention } from "../../nn/attention.ts";
import type { Dropout } from "../../nn/dropout.ts";
import { embedding, layerNormLayer, linearLayer } from "../../nn/layers.ts";
import type { ParameterScope } from "../../nn/parameter-scope.ts";
import { activate } from "../activation.ts";
import {
  activation,
  type ConfigPlace,
  depth,
  parseConfigJson,
  size,
  transformerSizes,
  unsupportedConfig,
} from "../config-json.ts";
import { epsilon, probability, type TextEncoderConfig, tokenId, withPadToken } from "../text-config.ts";
import type { TextArchitecture } from "./architecture.ts";
import { keyBiases } from "./key-bias.ts";

const MASKED_SCORE = -1e9; // far below any score, yet finite

const layerType = z.enum(["full_attention", "sliding_attention"]);
const rope = z.looseObject({
  rope_type: z.literal("default").default("default"),
  rope_theta: z.number().positive().optional(),
});

// Defaults are those of the published class. Files from before transformers 5 use other names for angle
// bases and layer types.
const schema = z.object({
  model_type: z.literal("modernbert"),
  vocab_size: size,
  hidden_size: size,
  num_hidden_layers: depth,
  num_attention_heads: size,
  intermediate_size: size,
  max_position_embeddings: size.default(8192),
  norm_eps: epsilon.default(1e-5),
  norm_bias: z.boolean().default(false),
  hidden_activation: activation.default("gelu"),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  embedding_dropout: probability.default(0),
  mlp_dropout: probability.default(0),
  attention_dropout: probability.default(0),
  initializer_range: z.number().positive().default(0.02),
  pad_token_id: tokenId.default(50283),
  local_attention: size.default(128),
  layer_types: z.array(layerType).optional(),
  global_attn_every_n_layers: size.default(3),
  global_rope_theta: z.number().positive().default(160_000),
  local_rope_theta: z.number().positive().default(10_000),
  rope_parameters: z
    .looseObject({ full_attention: rope.optional(), sliding_attention: rope.optional() })
    .optional(),
});

interface ModernBertConfig extends TextEncoderConfig {
  /** By layer: whether it attends only to a window. */
  readonly windowed: readonly boolean[];
  /** Number of positions that a windowed layer sees on either side. */
  readonly reach: number;
  /** Base of the rotary angles, for global and windowed layers. */
  readonly thetas: { readonly full: number; readonly windowed: number };
  readonly biases: { readonly norm: boolean; readonly attention: boolean; readonly feedForward: boolean };
}

/** ModernBERT. */
export const modernbert: TextArchitecture<ModernBertConfig> = {
  modelTypes: ["modernbert"],
  layersShareWeights: false,

  parse(json, where) {
    const config = parseConfigJson(schema, json, where);
    const { rope_parameters: angles, mlp_dropout, embedding_dropout } = config;
    if (mlp_dropout !== embedding_dropout) {
      throw unsupportedConfig(
        where,
        `mlp_dropout is ${mlp_dropout} and embedding_dropout ${embedding_dropout}; relata has one for both`,
        mlp_dropout,
      );
    }
    const sizes = {
      ...config,
      hidden_act: config.hidden_activation,
      layer_norm_eps: config.norm_eps,
    };
    const parsed = withPadToken(
      {
        modelType: config.model_type,
        vocabSize: config.vocab_size,
        ...transformerSizes(sizes, where),
        maxPositions: config.max_position_embeddings,
        hiddenDropout: mlp_dropout,
        attentionDropout: config.attention_dropout,
        padTokenId: config.pad_token_id,
        windowed: windowedLayers(config, where),
        reach: Math.floor(config.local_attention / 2),
        thetas: {
          full: angles?.full_attention?.rope_theta ?? config.global_rope_theta,
          windowed: angles?.sliding_attention?.rope_theta ?? config.local_rope_theta,
        },
        biases: { norm: config.norm_bias, attention: config.attention_bias, feedForward: config.mlp_bias },
      },
      where,
    );
    if ((parsed.hiddenSize / parsed.heads) % 2 === 0) return parsed;
    const width = parsed.hiddenSize / parsed.heads;
    throw unsupportedConfig(where, `heads are ${width} wide, and rotary positions turn pairs`, width);
  },

  maximumLength: ({ maxPositions }) => maxPositions,

  embed(scope, config, { inputIds, dropout, addedTokens = 0 }) {
    const at = scope.at("embeddings");
    const { hiddenSize, initializerRange: deviation, padTokenId: paddingIndex } = config;
    const rows = config.vocabSize + addedTokens;
    const words = embedding(at.at("word_embeddings"), inputIds, rows, hiddenSize, {
      deviation,
      paddingIndex,
    });
    return dropout.apply(norm(at.at("norm"), words, config), config.hiddenDropout, at.prefix);
  },

  layers(scope, config, states, inputs, { from, to }) {
    const bias = keyBiases(inputs);
    const length = states.axis(1);
    const window = config.windowed.slice(from, to).includes(true)
      ? windowScores(length, config.reach)
      : undefined;
    const turns = { full: rotation(config, "full", length), windowed: rotation(config, "windowed", length) };
    let hidden = states;
    for (let i = from; i < to; i++) {
      const isWindowed = config.windowed[i]!; // one for every layer
      const attention = {
        first: i === 0,
        bias: bias(i),
        prefix: inputs.prefixes?.[i],
        turn: isWindowed ? turns.windowed : turns.full,
        window: isWindowed ? window : undefined,
      };
      hidden = layer(scope.at("layers", i), config, hidden, attention, inputs.dropout);
    }
    return to === config.layers ? norm(scope.at("final_norm"), hidden, config) : hidden;
  },
};

function windowedLayers(config: z.infer<typeof schema>, where: ConfigPlace): boolean[] {
  const { num_hidden_layers: count, global_attn_every_n_layers: every, layer_types: types } = config;
  if (types === undefined) return Array.from({ length: count }, (_, i) => i % every !== 0);
  if (types.length === count) return types.map((type) => type === "sliding_attention");
  throw unsupportedConfig(where, `layer_types names ${types.length} layers of ${count}`, types.length);
}

/** 0 for keys that a windowed layer sees, MASKED_SCORE for those farther away: [1, 1, length, length]. */
function windowScores(length: Dimension, reach: number): Tensor {
  const places = cast(iota(length), "float32");
  const distance = subtract(reshape(places, [1, 1, 1, length]), reshape(places, [1, 1, length, 1]));
  const square = multiply(distance, distance);
  const beyond = cast(greater(square, scalar(reach * reach)), "float32");
  return multiply(beyond, MASKED_SCORE);
}

/**
 * Rotary positions (Su et al. 2021): rotates the pair of elements i and i + width / 2 of a head by position
 * * theta^(-2 i / width).
 * x [batch, heads, length, width].
 */
function rotation(config: ModernBertConfig, kind: keyof ModernBertConfig["thetas"], length: Dimension) {
  const width = config.hiddenSize / config.heads;
  const half = width / 2;
  // In float32, as the published class computes them.
  const frequencies = Array.from({ length: half }, (_, i) =>
    Math.fround(1 / Math.fround(config.thetas[kind] ** Math.fround((2 * i) / width))),
  );
  const places = reshape(cast(iota(length), "float32"), [length, 1]);
  const angles = multiply(places, constant(hostTensor("float32", [1, half], frequencies)));
  const cosine = cos(angles);
  const sine = sin(angles);
  return (x: Tensor): Tensor => {
    const [a, b] = split(x, -1, [half, half]) as readonly [Tensor, Tensor];
    return concatenate(
      [subtract(multiply(a, cosine), multiply(b, sine)), add(multiply(b, cosine), multiply(a, sine))],
      -1,
    );
  };
}

/** Layer normalisation, usually without a bias. */
function norm(
  scope: ParameterScope,
  x: Tensor,
  { hiddenSize, layerNormEpsilon, biases }: ModernBertConfig,
): Tensor {
  if (biases.norm) return layerNormLayer(scope, x, hiddenSize, layerNormEpsilon);
  const weight = scope.parameter("weight", [hiddenSize], { kind: "ones" });
  return layerNorm(x, weight, filled([hiddenSize], 0), layerNormEpsilon);
}

interface LayerAttention {
  /** The first layer's attention reads the embeddings, which are already normalised. */
  readonly first: boolean;
  readonly bias: Tensor;
  readonly prefix: AttentionPrefix | undefined;
  readonly turn: (x: Tensor) => Tensor;
  readonly window: Tensor | undefined;
}

function layer(
  scope: ParameterScope,
  config: ModernBertConfig,
  x: Tensor,
  { first, bias, prefix, turn, window }: LayerAttention,
  dropout: Dropout,
): Tensor {
  const { hiddenSize, heads, intermediateSize, attentionDropout, biases } = config;
  const initializer = { kind: "normal", deviation: config.initializerRange } as const;
  const attention = scope.at("attn");
  const own = { initializer, bias: biases.attention };
  const before = first ? x : norm(scope.at("attn_norm"), x, config);
  const joint = linearLayer(attention.at("Wqkv"), before, hiddenSize, 3 * hiddenSize, own);
  const [query, key, value] = split(joint, -1, [hiddenSize, hiddenSize, hiddenSize]) as readonly [
    Tensor,
    Tensor,
    Tensor,
  ];
  const context = multiHeadAttention(query, key, value, {
    heads,
    bias,
    prefix,
    turn,
    positionScores: window && (() => window),
    dropout: { dropout, probability: attentionDropout, place: attention.prefix },
  });
  const attended = linearLayer(attention.at("Wo"), context, hiddenSize, hiddenSize, own);
  const middle = add(x, dropout.apply(attended, attentionDropout, attention.at("Wo").prefix));
  const feedForward = scope.at("mlp");
  const wide = { initializer, bias: biases.feedForward };
  const normal = norm(scope.at("mlp_norm"), middle, config);
  const inner = linearLayer(feedForward.at("Wi"), normal, hiddenSize, 2 * intermediateSize, wide);
  const [content, gate] = split(inner, -1, [intermediateSize, intermediateSize]) as readonly [Tensor, Tensor];
  const gated = multiply(activate(content, config.activation), gate);
  const dropped = dropout.apply(gated, config.hiddenDropout, feedForward.prefix);
  return add(middle, linearLayer(feedForward.at("Wo"), dropped, intermediateSize, hiddenSize, wide));
}
