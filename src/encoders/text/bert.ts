// BERT, RoBERTa and XLM-R text encoders (post-norm transformers with absolute positions), in the Hugging Face layout.
import { z } from "zod";
import { hostTensor } from "../../graph/host-tensor.ts";
import { add, cast, equal, multiply, subtract } from "../../graph/operators/elementwise.ts";
import { gatherRows, iota } from "../../graph/operators/indexing.ts";
import { cumulativeSum } from "../../graph/operators/reduction.ts";
import { filled } from "../../graph/operators/shape.ts";
import { constant, type Tensor } from "../../graph/tensor.ts";
import type { AttentionPrefix } from "../../nn/attention.ts";
import type { Dropout } from "../../nn/dropout.ts";
import { embedding, layerNormLayer, linearLayer } from "../../nn/layers.ts";
import type { ParameterScope } from "../../nn/parameter-scope.ts";
import { activate } from "../activation.ts";
import { activation, depth, parseConfigJson, size, transformerSizes } from "../config-json.ts";
import { epsilon, probability, type TextEncoderConfig, tokenId, withPadToken } from "../text-config.ts";
import type { TextArchitecture, TextEncoderInputs, TextLayerInputs } from "./architecture.ts";
import { keyBiases } from "./key-bias.ts";
import { textAttention, withGroups, wordEmbeddings } from "./token-groups.ts";

/** Padding token of the published classes if config.json names none. */
const PAD_TOKEN_IDS = { bert: 0, roberta: 1, "xlm-roberta": 1 } as const;

// Defaults are those of the published classes.
const schema = z.object({
  model_type: z.enum(["bert", "roberta", "xlm-roberta"]),
  vocab_size: size,
  hidden_size: size,
  num_hidden_layers: depth,
  num_attention_heads: size,
  intermediate_size: size,
  max_position_embeddings: size,
  type_vocab_size: size.default(2),
  layer_norm_eps: epsilon.default(1e-12),
  hidden_act: activation.default("gelu"),
  hidden_dropout_prob: probability.default(0.1),
  attention_probs_dropout_prob: probability.default(0.1),
  initializer_range: z.number().positive().default(0.02),
  pad_token_id: tokenId.optional(),
  position_embedding_type: z.literal("absolute").default("absolute"),
  is_decoder: z.literal(false).default(false),
});

/** BERT's sizes and constants. */
export interface BertConfig extends TextEncoderConfig {
  readonly typeVocabSize: number;
}

/** BERT, RoBERTa and XLM-R. */
export const bert: TextArchitecture<BertConfig> = {
  modelTypes: ["bert", "roberta", "xlm-roberta"],
  layersShareWeights: false,
  readsGroups: true,

  parse(json, where) {
    const config = parseConfigJson(schema, json, where);
    const { model_type: modelType } = config;
    return withPadToken(
      {
        modelType,
        vocabSize: config.vocab_size,
        ...transformerSizes(config, where),
        maxPositions: config.max_position_embeddings,
        typeVocabSize: config.type_vocab_size,
        hiddenDropout: config.hidden_dropout_prob,
        attentionDropout: config.attention_probs_dropout_prob,
        padTokenId: config.pad_token_id ?? PAD_TOKEN_IDS[modelType],
      },
      where,
    );
  },

  /** RoBERTa's positions start after the padding id. */
  maximumLength: ({ modelType, maxPositions, padTokenId }) =>
    modelType === "bert" ? maxPositions : maxPositions - padTokenId - 1,

  embed: (scope, config, inputs) => embeddings(scope.at("embeddings"), config, inputs),

  layers(scope, config, states, inputs, { from, to }) {
    const bias = keyBiases(inputs);
    let hidden = states;
    for (let i = from; i < to; i++) {
      const at = scope.at("encoder", "layer", i);
      hidden = layer(at, config, hidden, bias(i), inputs.prefixes?.[i], inputs);
    }
    return hidden;
  },
};

function embeddings(scope: ParameterScope, config: BertConfig, inputs: TextEncoderInputs): Tensor {
  const { inputIds, dropout, groups, addedTokens = 0 } = inputs;
  const { hiddenSize, initializerRange: deviation, padTokenId: paddingIndex } = config;
  const rows = config.vocabSize + addedTokens;
  const words = wordEmbeddings(scope.at("word_embeddings"), {
    inputIds,
    groups,
    rows,
    hiddenSize,
    deviation,
    paddingIndex,
  });
  const isBert = config.modelType === "bert";
  const positions = embedding(
    scope.at("position_embeddings"),
    positionIds(config, inputs),
    config.maxPositions,
    hiddenSize,
    { deviation, ...(isBert ? { unique: groups === undefined } : { paddingIndex }) },
  );
  // Every token has type 0, so add the table's first row everywhere.
  const typeTable = scope
    .at("token_type_embeddings")
    .parameter("weight", [config.typeVocabSize, hiddenSize], { kind: "normal", deviation });
  const types = gatherRows(typeTable, constant(hostTensor("int64", [1], [0])), { unique: true });
  const sum = add(add(words, types), positions);
  const normal = layerNormLayer(scope.at("LayerNorm"), sum, hiddenSize, config.layerNormEpsilon);
  return dropout.apply(normal, config.hiddenDropout, `${scope.prefix}`);
}

/** Rows of the position table: [length] for BERT without groups, else [batch, length and groups]. */
function positionIds({ modelType, padTokenId }: BertConfig, { inputIds, groups }: TextEncoderInputs): Tensor {
  if (modelType === "bert") {
    const ofText = iota(inputIds.axis(1));
    return groups ? withGroups(ofText, groups.places) : ofText;
  }
  const ofText = robertaPositions(inputIds, padTokenId);
  if (groups === undefined) return ofText;
  const after = add(cast(groups.places, "float32"), padTokenId + 1);
  return withGroups(ofText, cast(after, "int64"));
}

/** RoBERTa's positions: padding has `padTokenId`, tokens count up from there. */
export function robertaPositions(inputIds: Tensor, padTokenId: number): Tensor {
  const pad = constant(hostTensor("int64", [], [padTokenId]));
  const isToken = cast(subtract(filled(inputIds.shape, 1), cast(equal(inputIds, pad), "float32")), "int64");
  const count = cast(cumulativeSum(isToken, 1), "float32");
  return cast(add(multiply(count, cast(isToken, "float32")), padTokenId), "int64");
}

function layer(
  scope: ParameterScope,
  config: BertConfig,
  x: Tensor,
  bias: Tensor,
  prefix: AttentionPrefix | undefined,
  { dropout, groups }: Pick<TextLayerInputs, "dropout" | "groups">,
): Tensor {
  const { hiddenSize, heads } = config;
  const initializer = { kind: "normal", deviation: config.initializerRange } as const;
  const self = scope.at("attention", "self");
  const project = (name: string) => linearLayer(self.at(name), x, hiddenSize, hiddenSize, { initializer });
  const context = textAttention(project("query"), project("key"), project("value"), groups, {
    heads,
    bias,
    prefix,
    dropout: { dropout, probability: config.attentionDropout, place: `${self.prefix}` },
  });
  return afterAttention(scope, context, x, config, dropout);
}

/** The sizes and constants of a layer's part after its attention. */
export type AfterAttentionConfig = Pick<
  TextEncoderConfig,
  "hiddenSize" | "intermediateSize" | "layerNormEpsilon" | "hiddenDropout" | "initializerRange" | "activation"
>;

/** The rest of a post-norm layer: projects the attention's result, adds and normalises, then the feed-forward part. [batch, length, hidden]. */
export function afterAttention(
  scope: ParameterScope,
  context: Tensor,
  x: Tensor,
  config: AfterAttentionConfig,
  dropout: Dropout,
): Tensor {
  const { hiddenSize, intermediateSize, layerNormEpsilon, hiddenDropout } = config;
  const initializer = { kind: "normal", deviation: config.initializerRange } as const;
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
