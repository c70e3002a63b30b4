// The part of a CLIP model's config.json (Hugging Face layout) that shapes its graph.
import { z } from "zod";
import {
  type Activation,
  activation,
  type ConfigPlace,
  depth,
  parseConfigJson,
  size,
  transformerSizes,
} from "./config-json.ts";
import type { PatchConfig } from "./vision-layers.ts";

const dropout = z.number().min(0).max(1).default(0);
const tower = {
  hidden_size: size,
  intermediate_size: size,
  num_hidden_layers: depth,
  num_attention_heads: size,
  hidden_act: activation.default("quick_gelu"),
  layer_norm_eps: z.number().positive().default(1e-5),
  attention_dropout: dropout,
  initializer_range: z.number().positive().default(0.02),
};

// Defaults are those of transformers' CLIPTextConfig and CLIPVisionConfig: published files omit such fields.
const schema = z.object({
  model_type: z.literal("clip"),
  projection_dim: size.default(512),
  text_config: z.object({
    ...tower,
    hidden_size: size.default(512),
    intermediate_size: size.default(2048),
    num_hidden_layers: depth.default(12),
    num_attention_heads: size.default(8),
    vocab_size: size.default(49408),
    max_position_embeddings: size.default(77),
    eos_token_id: z.number().int().nonnegative().default(49407),
  }),
  vision_config: z.object({
    ...tower,
    hidden_size: size.default(768),
    intermediate_size: size.default(3072),
    num_hidden_layers: depth.default(12),
    num_attention_heads: size.default(12),
    num_channels: size.default(3),
    image_size: size.default(224),
    patch_size: size.default(32),
  }),
});

/** Sizes and constants common to both towers. */
export interface ClipTowerConfig {
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly activation: Activation;
  readonly layerNormEpsilon: number;
  readonly attentionDropout: number;
  readonly initializerRange: number;
}

export interface ClipTextConfig extends ClipTowerConfig {
  readonly vocabSize: number;
  readonly maxPositions: number;
  /** The token whose state represents the text; 2 in old files, which means the token with the highest id. */
  readonly eosTokenId: number;
}

export interface ClipVisionConfig extends ClipTowerConfig, PatchConfig {}

/** A CLIP model's sizes and constants. */
export interface ClipConfig {
  readonly projectionSize: number;
  readonly text: ClipTextConfig;
  readonly vision: ClipVisionConfig;
}

type TowerJson = z.infer<typeof schema>["text_config"] | z.infer<typeof schema>["vision_config"];

function towerConfig(json: TowerJson, where: ConfigPlace): ClipTowerConfig {
  return { ...transformerSizes(json, where), attentionDropout: json.attention_dropout };
}

/**
 * Reads the parsed config.json of a CLIP model.
 *
 * @throws EncoderError `encoder/unsupported-config`, naming every field that does not fit.
 */
export function parseClipConfig(json: unknown, place: string): ClipConfig {
  const where = { model: "a CLIP model", place };
  const { text_config: text, vision_config: vision, projection_dim } = parseConfigJson(schema, json, where);
  return {
    projectionSize: projection_dim,
    text: {
      ...towerConfig(text, where),
      vocabSize: text.vocab_size,
      maxPositions: text.max_position_embeddings,
      eosTokenId: text.eos_token_id,
    },
    vision: {
      ...towerConfig(vision, where),
      channels: vision.num_channels,
      imageSize: vision.image_size,
      patchSize: vision.patch_size,
    },
  };
}
