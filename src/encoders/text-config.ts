// The part of a text encoder's config.json (Hugging Face layout) that shapes its graph.
import { z } from "zod";
import {
  type Activation,
  activation,
  depth,
  parseConfigJson,
  size,
  transformerSizes,
  unsupportedConfig,
} from "./config-json.ts";

const TEXT_MODEL_TYPES = ["bert", "roberta", "xlm-roberta"] as const;

/** What the published classes take where config.json names no padding token. */
const PAD_TOKEN_IDS = { bert: 0, roberta: 1, "xlm-roberta": 1 } as const;

// Defaults are those of the published classes.
const schema = z.object({
  model_type: z.enum(TEXT_MODEL_TYPES),
  vocab_size: size,
  hidden_size: size,
  num_hidden_layers: depth,
  num_attention_heads: size,
  intermediate_size: size,
  max_position_embeddings: size,
  type_vocab_size: size.default(2),
  layer_norm_eps: z.number().positive().default(1e-12),
  hidden_act: activation.default("gelu"),
  hidden_dropout_prob: z.number().min(0).max(1).default(0.1),
  attention_probs_dropout_prob: z.number().min(0).max(1).default(0.1),
  initializer_range: z.number().positive().default(0.02),
  pad_token_id: z.number().int().optional(),
  position_embedding_type: z.literal("absolute").default("absolute"),
  is_decoder: z.literal(false).default(false),
});

/** A text encoder's sizes and constants. */
export interface TextEncoderConfig {
  readonly modelType: (typeof TEXT_MODEL_TYPES)[number];
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly intermediateSize: number;
  readonly maxPositions: number;
  readonly typeVocabSize: number;
  readonly layerNormEpsilon: number;
  readonly activation: Activation;
  readonly hiddenDropout: number;
  readonly attentionDropout: number;
  readonly initializerRange: number;
  readonly padTokenId: number;
}

/**
 * Reads the parsed config.json of BERT, RoBERTa or XLM-R.
 *
 * @throws EncoderError `encoder/unsupported-config`, naming every field that does not fit.
 */
export function parseTextConfig(json: unknown, place: string): TextEncoderConfig {
  const where = {
    model: `a text encoder with absolute positions (${TEXT_MODEL_TYPES.join(", ")})`,
    place,
  };
  const config = parseConfigJson(schema, json, where);
  const { pad_token_id: padTokenId = PAD_TOKEN_IDS[config.model_type] } = config;
  if (padTokenId < 0 || padTokenId >= config.vocab_size) {
    const problem = `pad_token_id: ${padTokenId} is not the id of one of the ${config.vocab_size} tokens`;
    throw unsupportedConfig(where, problem, padTokenId);
  }
  return {
    modelType: config.model_type,
    vocabSize: config.vocab_size,
    ...transformerSizes(config, where),
    maxPositions: config.max_position_embeddings,
    typeVocabSize: config.type_vocab_size,
    hiddenDropout: config.hidden_dropout_prob,
    attentionDropout: config.attention_probs_dropout_prob,
    padTokenId,
  };
}

/** The longest input in tokens; RoBERTa's positions begin after the padding id. */
export function maximumLength(config: TextEncoderConfig): number {
  return config.modelType === "bert" ? config.maxPositions : config.maxPositions - config.padTokenId - 1;
}
