// DeBERTa v2 and v3 (He et al. 2020, 2021): attention with separate scores for content and relative
// position, in the Hugging Face layout.
import { z } from "zod";
import { add, cast, multiply } from "../../graph/operators/elementwise.ts";
import { gatherRows, iota } from "../../graph/operators/indexing.ts";
import { matmul } from "../../graph/operators/matrix.ts";
import { reshape, transpose } from "../../graph/operators/shape.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { type AttentionPrefix, multiHeadAttention } from "../../nn/attention.ts";
import type { Dropout } from "../../nn/dropout.ts";
import { embedding, layerNormLayer, linearLayer } from "../../nn/layers.ts";
import type { ParameterScope } from "../../nn/parameter-scope.ts";
import {
  activation,
  depth,
  parseConfigJson,
  size,
  transformerSizes,
  unsupportedConfig,
} from "../config-json.ts";
import { epsilon, probability, type TextEncoderConfig, tokenId, withPadToken } from "../text-config.ts";
import type { TextArchitecture } from "./architecture.ts";
import { afterAttention } from "./bert.ts";
import { keyBiases } from "./key-bias.ts";
import { byDistance, spreadDistances } from "./relative-positions.ts";

const POSITION_TERMS = ["c2p", "p2c"] as const;

// Defaults are those of the published class, except that relative attention is required: without it the
// model is a different one.
const schema = z.object({
  model_type: z.literal("deberta-v2"),
  vocab_size: size,
  hidden_size: size,
  num_hidden_layers: depth,
  num_attention_heads: size,
  intermediate_size: size,
  max_position_embeddings: size.default(512),
  type_vocab_size: z.literal(0).default(0),
  layer_norm_eps: epsilon.default(1e-7),
  hidden_act: activation.default("gelu"),
  hidden_dropout_prob: probability.default(0.1),
  attention_probs_dropout_prob: probability.default(0.1),
  initializer_range: z.number().positive().default(0.02),
  pad_token_id: tokenId.default(0),
  relative_attention: z.literal(true),
  share_att_key: z.literal(true),
  position_biased_input: z.boolean().default(true),
  position_buckets: z.number().int().min(-1).max(10_000).default(-1),
  max_relative_positions: z.number().int().min(-1).max(10_000_000).default(-1),
  norm_rel_ebd: z.enum(["none", "layer_norm"]).default("none"),
  pos_att_type: z.union([z.string(), z.array(z.string())]),
  conv_kernel_size: z.literal(0).default(0),
  embedding_size: size.optional(),
  attention_head_size: size.optional(),
});

interface DebertaConfig extends TextEncoderConfig {
  /** Which of content-to-position and position-to-content scores are used. */
  readonly terms: readonly (typeof POSITION_TERMS)[number][];
  /** Each distance from -span to span - 1 has a row in the table of relative positions. */
  readonly span: number;
  /** Number of buckets for distances on each side; undefined: every distance has its own bucket. */
  readonly buckets: number | undefined;
  /** The distance in the last bucket. */
  readonly farthest: number;
  readonly normalizedPositions: boolean;
  /** Whether to add absolute positions to the words. */
  readonly absolutePositions: boolean;
}

/** DeBERTa v2 and v3. */
export const deberta: TextArchitecture<DebertaConfig> = {
  modelTypes: ["deberta-v2"],
  layersShareWeights: true,
  statesPerPair: 6, // scores by distance, twice, with their gradients: measured 5.1 at 16 x 122 tokens, 6 layers of 12 heads

  parse(json, where) {
    const config = parseConfigJson(schema, json, where);
    const { pos_att_type: said } = config;
    const names = (typeof said === "string" ? said.split("|") : said).map((name) =>
      name.trim().toLowerCase(),
    );
    const unknown = names.find((name) => !(POSITION_TERMS as readonly string[]).includes(name));
    if (unknown !== undefined) {
      throw unsupportedConfig(where, `pos_att_type: ${JSON.stringify(unknown)} is not c2p or p2c`, unknown);
    }
    const { hidden_size: hidden, num_attention_heads: heads } = config;
    if (
      (config.embedding_size ?? hidden) !== hidden ||
      (config.attention_head_size ?? hidden / heads) !== hidden / heads
    ) {
      throw unsupportedConfig(
        where,
        "embedding_size or attention_head_size differs from what hidden_size says",
        hidden,
      );
    }
    const farthest =
      config.max_relative_positions < 1 ? config.max_position_embeddings : config.max_relative_positions;
    const buckets = config.position_buckets > 0 ? config.position_buckets : undefined;
    return withPadToken(
      {
        modelType: config.model_type,
        vocabSize: config.vocab_size,
        ...transformerSizes(config, where),
        maxPositions: config.max_position_embeddings,
        hiddenDropout: config.hidden_dropout_prob,
        attentionDropout: config.attention_probs_dropout_prob,
        padTokenId: config.pad_token_id,
        terms: POSITION_TERMS.filter((term) => names.includes(term)),
        span: buckets ?? farthest,
        buckets,
        farthest,
        normalizedPositions: config.norm_rel_ebd === "layer_norm",
        absolutePositions: config.position_biased_input,
      },
      where,
    );
  },

  maximumLength: ({ maxPositions }) => maxPositions,

  embed(scope, config, { inputIds, attentionMask, dropout, addedTokens = 0 }) {
    const at = scope.at("embeddings");
    const { hiddenSize, initializerRange: deviation, padTokenId: paddingIndex } = config;
    const rows = config.vocabSize + addedTokens;
    const words = embedding(at.at("word_embeddings"), inputIds, rows, hiddenSize, {
      deviation,
      paddingIndex,
    });
    const sum = config.absolutePositions
      ? add(
          words,
          embedding(at.at("position_embeddings"), iota(inputIds.axis(1)), config.maxPositions, hiddenSize, {
            deviation,
            unique: true,
          }),
        )
      : words;
    const normal = layerNormLayer(at.at("LayerNorm"), sum, hiddenSize, config.layerNormEpsilon);
    const [batch, length] = inputIds.shape;
    const masked = multiply(normal, reshape(cast(attentionMask, "float32"), [batch!, length!, 1]));
    return dropout.apply(masked, config.hiddenDropout, at.prefix);
  },

  layers(scope, config, states, inputs, { from, to }) {
    const bias = keyBiases(inputs);
    const encoder = scope.at("encoder");
    const positions = relativeRows(encoder, config);
    const rowsBy = (sign: 1 | -1) =>
      byDistance(states.axis(1), config.maxPositions, (distance) => rowOf(sign * distance, config));
    // A key at distance d after its query is -d before it; a query at distance d after a key has the key d
    // before it.
    const rows = { c2p: rowsBy(-1), p2c: rowsBy(1) };
    let hidden = states;
    for (let i = from; i < to; i++) {
      const attention = { bias: bias(i), positions, rows, prefix: inputs.prefixes?.[i] };
      hidden = layer(encoder.at("layer", i), config, hidden, attention, inputs.dropout);
    }
    return hidden;
  },
};

/** The table of relative positions, which each layer projects with its own weights: [2 span, hidden]. */
function relativeRows(scope: ParameterScope, config: DebertaConfig): Tensor {
  const { span, hiddenSize, initializerRange: deviation } = config;
  const table = scope
    .at("rel_embeddings")
    .parameter("weight", [2 * span, hiddenSize], { kind: "normal", deviation });
  return config.normalizedPositions
    ? layerNormLayer(scope.at("LayerNorm"), table, hiddenSize, config.layerNormEpsilon)
    : table;
}

/**
 * The row of the table for a key `before` positions before its query: near distances have separate rows,
 * and far ones share rows logarithmically. In float32, like the published function.
 */
function rowOf(before: number, { buckets, farthest, span }: DebertaConfig): number {
  return Math.max(
    0,
    Math.min(2 * span - 1, span + (buckets === undefined ? before : bucketOf(before, buckets, farthest))),
  );
}

export function bucketOf(before: number, buckets: number, farthest: number): number {
  const middle = Math.floor(buckets / 2);
  const far = Math.abs(before);
  if (far <= middle) return before;
  const { fround, log } = Math;
  const growth = fround(fround(log(fround(far / middle))) / fround(log(fround((farthest - 1) / middle))));
  return Math.sign(before) * (Math.ceil(fround(growth * (middle - 1))) + middle);
}

interface LayerAttention {
  readonly bias: Tensor;
  /** The table of relative positions, [2 span, hidden]. */
  readonly positions: Tensor;
  /** Its row for each distance, int64 [2 length - 1]. */
  readonly rows: { readonly c2p: Tensor; readonly p2c: Tensor };
  readonly prefix: AttentionPrefix | undefined;
}

function layer(
  scope: ParameterScope,
  config: DebertaConfig,
  x: Tensor,
  { bias, positions, rows, prefix }: LayerAttention,
  dropout: Dropout,
): Tensor {
  const { hiddenSize, heads, hiddenDropout, terms } = config;
  const initializer = { kind: "normal", deviation: config.initializerRange } as const;
  const self = scope.at("attention", "self");
  const project = (name: string, from: Tensor) =>
    linearLayer(self.at(name), from, hiddenSize, hiddenSize, { initializer });
  const scale = 1 / Math.sqrt((hiddenSize / heads) * (1 + terms.length));
  const table = dropout.apply(positions, hiddenDropout, self.at("positions").prefix);

  /** A projected row per distance, in the order that `spreadDistances` needs: [heads, 2 length - 1, width]. */
  const perDistance = (name: string, chosen: Tensor): Tensor => {
    const projected = reshape(project(name, table), [2 * config.span, heads, hiddenSize / heads]);
    return transpose(gatherRows(projected, chosen), [1, 0, 2]);
  };
  const scoresOf = {
    c2p: (query: Tensor) =>
      spreadDistances(matmul(query, perDistance("key_proj", rows.c2p), { transposeB: true, scale })),
    p2c: (_query: Tensor, key: Tensor) => {
      const byKey = matmul(key, perDistance("query_proj", rows.p2c), { transposeB: true, scale });
      return transpose(spreadDistances(byKey), [0, 1, 3, 2]);
    },
  };
  const positionScores = (query: Tensor, key: Tensor): Tensor =>
    terms.map((term) => scoresOf[term](query, key)).reduce((sum, term) => add(sum, term));
  const context = multiHeadAttention(
    project("query_proj", x),
    project("key_proj", x),
    project("value_proj", x),
    {
      heads,
      bias,
      prefix,
      scale,
      positionScores,
      dropout: { dropout, probability: config.attentionDropout, place: self.prefix },
    },
  );
  return afterAttention(scope, context, x, config, dropout);
}
