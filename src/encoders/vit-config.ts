// The part of a ViT's config.json (Hugging Face layout) that shapes its graph.
import { z } from "zod";
import {
  type Activation,
  activation,
  depth,
  parseConfigJson,
  size,
  transformerSizes,
} from "./config-json.ts";
import type { PatchConfig } from "./vision-layers.ts";

const schema = z.object({
  model_type: z.literal("vit"),
  hidden_size: size,
  num_hidden_layers: depth,
  num_attention_heads: size,
  intermediate_size: size,
  image_size: size,
  patch_size: size,
  num_channels: size.default(3),
  hidden_act: activation.default("gelu"),
  layer_norm_eps: z.number().positive().default(1e-12),
  qkv_bias: z.boolean().default(true),
  hidden_dropout_prob: z.number().min(0).max(1).default(0),
  attention_probs_dropout_prob: z.number().min(0).max(1).default(0),
  initializer_range: z.number().positive().default(0.02),
});

/** A ViT's sizes and constants. */
export interface VitConfig extends PatchConfig {
  readonly layers: number;
  readonly heads: number;
  readonly intermediateSize: number;
  readonly activation: Activation;
  readonly layerNormEpsilon: number;
  /** Whether queries, keys and values have a bias. */
  readonly projectionBias: boolean;
  readonly hiddenDropout: number;
  readonly attentionDropout: number;
  readonly initializerRange: number;
}

/**
 * Reads the parsed config.json of a ViT.
 *
 * @throws EncoderError `encoder/unsupported-config`, naming every field that does not fit.
 */
export function parseVitConfig(json: unknown, place: string): VitConfig {
  const where = { model: "a ViT", place };
  const config = parseConfigJson(schema, json, where);
  return {
    channels: config.num_channels,
    imageSize: config.image_size,
    patchSize: config.patch_size,
    ...transformerSizes(config, where),
    projectionBias: config.qkv_bias,
    hiddenDropout: config.hidden_dropout_prob,
    attentionDropout: config.attention_probs_dropout_prob,
  };
}
