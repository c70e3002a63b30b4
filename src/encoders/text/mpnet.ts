// MPNet (Song et al. 2020): BERT's layers with one table of relative positions for all of them, in the Hugging Face layout.
import { z } from "zod";
import { broadcastTo } from "../../graph/operators/broadcasting.ts";
import { add } from "../../graph/operators/elementwise.ts";
import { reshape, transpose } from "../../graph/operators/shape.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { type AttentionPrefix, multiHeadAttention } from "../../nn/attention.ts";
import type { Dropout } from "../../nn/dropout.ts";
import { embedding, layerNormLayer, linearLayer } from "../../nn/layers.ts";
import type { ParameterScope } from "../../nn/parameter-scope.ts";
import { activate } from "../activation.ts";
import { activation, depth, parseConfigJson, size, transformerSizes } from "../config-json.ts";
import { epsilon, probability, type TextEncoderConfig, tokenId, withPadToken } from "../text-config.ts";
import type { TextArchitecture } from "./architecture.ts";
import { robertaPositions } from "./bert.ts";
import { keyBiases } from "./key-bias.ts";
import { byDistance, spreadDistances } from "./relative-positions.ts";

/** Number of buckets for distances, regardless of config.json: the published class uses a constant. */
const BUCKETS = 32;
/** From this distance on, all are in the last bucket of their side. */
const FARTHEST = 128;
/** The same padding token applies to its position and word tables. */
const PADDING = 1;

// Defaults are those of the published class.
const schema = z.object({
  model_type: z.literal("mpnet"),
  vocab_size: size,
  hidden_size: size,
  num_hidden_layers: depth,
  num_attention_heads: size,
  intermediate_size: size,
  max_position_embeddings: size.min(PADDING + 2),
  relative_attention_num_buckets: size.min(BUCKETS).default(BUCKETS),
  layer_norm_eps: epsilon.default(1e-12),
  hidden_act: activation.default("gelu"),
  hidden_dropout_prob: probability.default(0.1),
  attention_probs_dropout_prob: probability.default(0.1),
  initializer_range: z.number().positive().default(0.02),
  pad_token_id: tokenId.default(PADDING),
});

interface MpnetConfig extends TextEncoderConfig {
  /** Rows of the table of relative positions. */
  readonly relativeRows: number;
}

/** MPNet. */
export const mpnet: TextArchitecture<MpnetConfig> = {
  modelTypes: ["mpnet"],
  layersShareWeights: true,

  parse(json, where) {
    const config = parseConfigJson(schema, json, where);
    return withPadToken(
      {
        modelType: config.model_type,
        vocabSize: config.vocab_size,
        ...transformerSizes(config, where),
        maxPositions: config.max_position_embeddings,
        relativeRows: config.relative_attention_num_buckets,
        hiddenDropout: config.hidden_dropout_prob,
        attentionDropout: config.attention_probs_dropout_prob,
        padTokenId: config.pad_token_id,
      },
      where,
    );
  },

  maximumLength: ({ maxPositions }) => maxPositions - PADDING - 1,

  embed(scope, config, { inputIds, dropout, addedTokens = 0 }) {
    const at = scope.at("embeddings");
    const { hiddenSize, initializerRange: deviation, layerNormEpsilon } = config;
    const table = { deviation, paddingIndex: PADDING };
    const rows = config.vocabSize + addedTokens;
    const words = embedding(at.at("word_embeddings"), inputIds, rows, hiddenSize, table);
    const places = robertaPositions(inputIds, PADDING);
    const positions = embedding(at.at("position_embeddings"), places, config.maxPositions, hiddenSize, table);
    const normal = layerNormLayer(at.at("LayerNorm"), add(words, positions), hiddenSize, layerNormEpsilon);
    return dropout.apply(normal, config.hiddenDropout, at.prefix);
  },

  layers(scope, config, states, inputs, { from, to }) {
    const bias = keyBiases(inputs);
    const encoder = scope.at("encoder");
    const scores = positionScores(encoder, config, states);
    let hidden = states;
    for (let i = from; i < to; i++) {
      const at = encoder.at("layer", i);
      hidden = layer(
        at,
        config,
        hidden,
        { bias: bias(i), scores, prefix: inputs.prefixes?.[i] },
        inputs.dropout,
      );
    }
    return hidden;
  },
};

/** Bias that all layers add to their scores: [1, heads, length, length]. */
function positionScores(scope: ParameterScope, config: MpnetConfig, states: Tensor): Tensor {
  const { heads, relativeRows, initializerRange: deviation, maxPositions } = config;
  const length = states.axis(1);
  const buckets = byDistance(length, maxPositions, bucketOf);
  const byHead = embedding(scope.at("relative_attention_bias"), buckets, relativeRows, heads, { deviation });
  const distances = byHead.shape[0]!;
  const rows = reshape(transpose(byHead, [1, 0]), [1, heads, 1, distances]);
  return spreadDistances(broadcastTo(rows, [1, heads, length, distances]));
}

/**
 * The bucket of a key at `distance` after its query: the first half for keys before and at the query, the
 * second for those after; in each, one bucket per distance at first, then increasingly wide ones. In
 * float32, like the published function, which has its edges at powers of two.
 */
export function bucketOf(distance: number): number {
  const half = BUCKETS / 2;
  const exact = half / 2;
  const side = distance > 0 ? half : 0;
  const far = Math.abs(distance);
  if (far < exact) return side + far;
  const growth = Math.fround(Math.fround(Math.log(far / exact)) / Math.fround(Math.log(FARTHEST / exact)));
  return side + Math.min(half - 1, exact + Math.trunc(Math.fround(growth * (half - exact))));
}

interface LayerAttention {
  readonly bias: Tensor;
  readonly scores: Tensor;
  readonly prefix: AttentionPrefix | undefined;
}

function layer(
  scope: ParameterScope,
  config: MpnetConfig,
  x: Tensor,
  { bias, scores, prefix }: LayerAttention,
  dropout: Dropout,
): Tensor {
  const { hiddenSize, heads, intermediateSize, layerNormEpsilon, hiddenDropout } = config;
  const initializer = { kind: "normal", deviation: config.initializerRange } as const;
  const attention = scope.at("attention");
  const project = (name: string, from: Tensor) =>
    linearLayer(attention.at("attn", name), from, hiddenSize, hiddenSize, { initializer });
  const context = multiHeadAttention(project("q", x), project("k", x), project("v", x), {
    heads,
    bias,
    prefix,
    positionScores: () => scores,
    dropout: { dropout, probability: config.attentionDropout, place: attention.at("attn").prefix },
  });
  const attended = add(dropout.apply(project("o", context), hiddenDropout, attention.prefix), x);
  const first = layerNormLayer(attention.at("LayerNorm"), attended, hiddenSize, layerNormEpsilon);
  const inner = activate(
    linearLayer(scope.at("intermediate", "dense"), first, hiddenSize, intermediateSize, { initializer }),
    config.activation,
  );
  const output = scope.at("output");
  const outer = linearLayer(output.at("dense"), inner, intermediateSize, hiddenSize, { initializer });
  const sum = add(dropout.apply(outer, hiddenDropout, output.prefix), first);
  return layerNormLayer(output.at("LayerNorm"), sum, hiddenSize, layerNormEpsilon);
}
