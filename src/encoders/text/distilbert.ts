// DistilBERT (Sanh et al. 2019): BERT's layers without token types, in the Hugging Face layout.
import { z } from "zod";
import { add } from "../../graph/operators/elementwise.ts";
import { iota } from "../../graph/operators/indexing.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { AttentionPrefix } from "../../nn/attention.ts";
import { embedding, layerNormLayer, linearLayer } from "../../nn/layers.ts";
import type { ParameterScope } from "../../nn/parameter-scope.ts";
import { activate } from "../activation.ts";
import { activation, depth, parseConfigJson, size, transformerSizes } from "../config-json.ts";
import { probability, type TextEncoderConfig, tokenId, withPadToken } from "../text-config.ts";
import type { TextArchitecture, TextLayerInputs } from "./architecture.ts";
import { keyBiases } from "./key-bias.ts";
import { textAttention, withGroups, wordEmbeddings } from "./token-groups.ts";

/** config.json has no field for it. */
const EPSILON = 1e-12;

// Defaults are those of the published class.
const schema = z.object({
  model_type: z.literal("distilbert"),
  vocab_size: size,
  dim: size,
  n_layers: depth,
  n_heads: size,
  hidden_dim: size,
  max_position_embeddings: size.default(512),
  activation: activation.default("gelu"),
  dropout: probability.default(0.1),
  attention_dropout: probability.default(0.1),
  initializer_range: z.number().positive().default(0.02),
  pad_token_id: tokenId.default(0),
});

/** DistilBERT. */
export const distilbert: TextArchitecture = {
  modelTypes: ["distilbert"],
  layersShareWeights: false,
  readsGroups: true,

  parse(json, where) {
    const config = parseConfigJson(schema, json, where);
    const sizes = {
      hidden_size: config.dim,
      num_hidden_layers: config.n_layers,
      num_attention_heads: config.n_heads,
      intermediate_size: config.hidden_dim,
      hidden_act: config.activation,
      layer_norm_eps: EPSILON,
      initializer_range: config.initializer_range,
    };
    return withPadToken(
      {
        modelType: config.model_type,
        vocabSize: config.vocab_size,
        ...transformerSizes(sizes, where),
        maxPositions: config.max_position_embeddings,
        hiddenDropout: config.dropout,
        attentionDropout: config.attention_dropout,
        padTokenId: config.pad_token_id,
      },
      where,
    );
  },

  maximumLength: ({ maxPositions }) => maxPositions,

  embed(scope, config, { inputIds, dropout, groups, addedTokens = 0 }) {
    const at = scope.at("embeddings");
    const { hiddenSize, initializerRange: deviation, padTokenId: paddingIndex } = config;
    const rows = config.vocabSize + addedTokens;
    const words = wordEmbeddings(at.at("word_embeddings"), {
      inputIds,
      groups,
      rows,
      hiddenSize,
      deviation,
      paddingIndex,
    });
    const inOrder = iota(inputIds.axis(1));
    const places = groups ? withGroups(inOrder, groups.places) : inOrder;
    const positions = embedding(at.at("position_embeddings"), places, config.maxPositions, hiddenSize, {
      deviation,
      unique: groups === undefined,
    });
    const normal = layerNormLayer(at.at("LayerNorm"), add(words, positions), hiddenSize, EPSILON);
    return dropout.apply(normal, config.hiddenDropout, at.prefix);
  },

  layers(scope, config, states, inputs, { from, to }) {
    const bias = keyBiases(inputs);
    let hidden = states;
    for (let i = from; i < to; i++) {
      const at = scope.at("transformer", "layer", i);
      hidden = layer(at, config, hidden, bias(i), inputs.prefixes?.[i], inputs);
    }
    return hidden;
  },
};

function layer(
  scope: ParameterScope,
  config: TextEncoderConfig,
  x: Tensor,
  bias: Tensor,
  prefix: AttentionPrefix | undefined,
  { dropout, groups }: Pick<TextLayerInputs, "dropout" | "groups">,
): Tensor {
  const { hiddenSize, heads, intermediateSize } = config;
  const initializer = { kind: "normal", deviation: config.initializerRange } as const;
  const attention = scope.at("attention");
  const project = (name: string, from: Tensor) =>
    linearLayer(attention.at(name), from, hiddenSize, hiddenSize, { initializer });
  const context = textAttention(project("q_lin", x), project("k_lin", x), project("v_lin", x), groups, {
    heads,
    bias,
    prefix,
    dropout: { dropout, probability: config.attentionDropout, place: attention.prefix },
  });
  const attended = add(project("out_lin", context), x); // no dropout here, unlike in BERT
  const first = layerNormLayer(scope.at("sa_layer_norm"), attended, hiddenSize, EPSILON);
  const feedForward = scope.at("ffn");
  const inner = activate(
    linearLayer(feedForward.at("lin1"), first, hiddenSize, intermediateSize, { initializer }),
    config.activation,
  );
  const outer = linearLayer(feedForward.at("lin2"), inner, intermediateSize, hiddenSize, { initializer });
  const sum = add(dropout.apply(outer, config.hiddenDropout, feedForward.prefix), first);
  return layerNormLayer(scope.at("output_layer_norm"), sum, hiddenSize, EPSILON);
}
