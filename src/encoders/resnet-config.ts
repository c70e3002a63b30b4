// The part of a ResNet's config.json (Hugging Face layout) that shapes its graph.
import { z } from "zod";
import {
  type Activation,
  activation,
  depth,
  parseConfigJson,
  size,
  unsupportedConfig,
} from "./config-json.ts";

const DEFAULT_LABELS = 2; // transformers' default without id2label

const schema = z.object({
  model_type: z.literal("resnet"),
  num_channels: size.default(3),
  embedding_size: size.default(64),
  hidden_sizes: z.array(size).min(1).max(16).default([256, 512, 1024, 2048]),
  depths: z.array(depth).min(1).max(16).default([3, 4, 6, 3]),
  layer_type: z.enum(["basic", "bottleneck"]).default("bottleneck"),
  hidden_act: activation.default("relu"),
  downsample_in_first_stage: z.boolean().default(false),
  downsample_in_bottleneck: z.boolean().default(false),
  num_labels: size.optional(),
  id2label: z.record(z.string(), z.string()).optional(),
});

/** A ResNet's sizes and switches. */
export interface ResNetConfig {
  readonly channels: number;
  /** Channels after the stem. */
  readonly embeddingSize: number;
  /** Channels of every stage. */
  readonly hiddenSizes: readonly number[];
  /** Layers of every stage. */
  readonly depths: readonly number[];
  readonly layerType: "basic" | "bottleneck";
  readonly activation: Activation;
  readonly downsampleInFirstStage: boolean;
  /** Whether a bottleneck has its stride in the first (1x1) convolution, instead of the 3x3 one. */
  readonly downsampleInBottleneck: boolean;
  /** Number of classes of the logits. */
  readonly labels: number;
}

/**
 * Reads the parsed config.json of a ResNet.
 *
 * @throws EncoderError `encoder/unsupported-config`, naming every field that does not fit.
 */
export function parseResNetConfig(json: unknown, place: string): ResNetConfig {
  const where = { model: "a ResNet", place };
  const config = parseConfigJson(schema, json, where);
  const { hidden_sizes: hiddenSizes, depths } = config;
  if (hiddenSizes.length !== depths.length) {
    throw unsupportedConfig(
      where,
      `hidden_sizes has ${hiddenSizes.length} stages, but depths has ${depths.length}`,
      json,
    );
  }
  return {
    channels: config.num_channels,
    embeddingSize: config.embedding_size,
    hiddenSizes,
    depths,
    layerType: config.layer_type,
    activation: config.hidden_act,
    downsampleInFirstStage: config.downsample_in_first_stage,
    downsampleInBottleneck: config.downsample_in_bottleneck,
    labels: config.id2label ? Object.keys(config.id2label).length : (config.num_labels ?? DEFAULT_LABELS),
  };
}
