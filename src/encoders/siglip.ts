// SigLIP's picture tower (Zhai et al. 2023): a pre-norm transformer over patches, pooled by one learnt query; Hugging Face layout.
import { z } from "zod";
import { broadcastTo } from "../graph/operators/broadcasting.ts";
import { conv2d } from "../graph/operators/convolution.ts";
import { add } from "../graph/operators/elementwise.ts";
import { linear } from "../graph/operators/matrix.ts";
import { reshape, split, transpose } from "../graph/operators/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { multiHeadAttention } from "../nn/attention.ts";
import { layerNormLayer, linearLayer } from "../nn/layers.ts";
import type { ParameterScope } from "../nn/parameter-scope.ts";
import { activate } from "./activation.ts";
import {
  type Activation,
  activation,
  type ConfigPlace,
  depth,
  parseConfigJson,
  size,
  transformerSizes,
  unsupportedConfig,
} from "./config-json.ts";
import { type PatchConfig, requirePixels } from "./vision-layers.ts";

// Defaults are those of the published class: files omit such fields.
const visionSchema = z.object({
  hidden_size: size.default(768),
  intermediate_size: size.default(3072),
  num_hidden_layers: depth.default(12),
  num_attention_heads: size.default(12),
  num_channels: size.default(3),
  image_size: size.default(224),
  patch_size: size.default(16),
  hidden_act: activation.default("gelu_pytorch_tanh"),
  layer_norm_eps: z.number().positive().default(1e-6),
  vision_use_head: z.literal(true).default(true),
});
const schema = z.union([
  z.object({ model_type: z.literal("siglip"), vision_config: visionSchema }),
  visionSchema.extend({ model_type: z.literal("siglip_vision_model") }),
]);

/** The tower's sizes and constants. */
export interface SiglipConfig extends PatchConfig {
  readonly layers: number;
  readonly heads: number;
  readonly intermediateSize: number;
  readonly activation: Activation;
  readonly layerNormEpsilon: number;
}

/**
 * Reads the parsed config.json of SigLIP, or of its picture tower only.
 *
 * @throws EncoderError `encoder/unsupported-config`, naming every field that does not fit.
 */
export function parseSiglipConfig(json: unknown, place: string): SiglipConfig {
  const where: ConfigPlace = { model: "a SigLIP model", place };
  const file = parseConfigJson(schema, json, where);
  const config = "vision_config" in file ? file.vision_config : file;
  if (config.image_size < config.patch_size) {
    throw unsupportedConfig(where, `image_size ${config.image_size} is below patch_size`, config.image_size);
  }
  const { initializerRange: _, ...sizes } = transformerSizes({ ...config, initializer_range: 0.02 }, where);
  return {
    ...sizes,
    channels: config.num_channels,
    imageSize: config.image_size,
    patchSize: config.patch_size,
  };
}

export interface SiglipOutputs {
  /** Normalised states of the patches, float32 [batch, patches, hidden]. */
  readonly lastHiddenState: Tensor;
  /** Their attention pooling by the learnt query, float32 [batch, hidden]. */
  readonly pooled: Tensor;
}

/**
 * The tower's outputs for pixels [batch, channels, side, side]. Parameters are declared below `scope` under Hugging Face's names.
 *
 * @throws EncoderError `encoder/wrong-picture-shape`
 */
export function siglipVision(scope: ParameterScope, config: SiglipConfig, pixels: Tensor): SiglipOutputs {
  const { channels, imageSize, hiddenSize, layerNormEpsilon } = config;
  requirePixels("siglipVision", pixels, channels, imageSize);
  let hidden = embeddings(scope.at("embeddings"), config, pixels);
  for (let i = 0; i < config.layers; i++) hidden = layer(scope.at("encoder", "layers", i), config, hidden);
  const lastHiddenState = layerNormLayer(scope.at("post_layernorm"), hidden, hiddenSize, layerNormEpsilon);
  return { lastHiddenState, pooled: poolingHead(scope.at("head"), config, lastHiddenState) };
}

function embeddings(scope: ParameterScope, config: SiglipConfig, pixels: Tensor): Tensor {
  const { hiddenSize, channels, patchSize } = config;
  const patch = scope.at("patch_embedding");
  const patches = conv2d(
    pixels,
    patch.parameter("weight", [hiddenSize, channels, patchSize, patchSize]),
    patch.parameter("bias", [hiddenSize]),
    { stride: patchSize },
  );
  const count = Math.floor(config.imageSize / patchSize) ** 2;
  const rows = transpose(reshape(patches, [pixels.axis(0), hiddenSize, count]), [0, 2, 1]);
  return add(rows, scope.at("position_embedding").parameter("weight", [count, hiddenSize]));
}

function layer(scope: ParameterScope, config: SiglipConfig, x: Tensor): Tensor {
  const { hiddenSize, heads, layerNormEpsilon: epsilon } = config;
  const self = scope.at("self_attn");
  const before = layerNormLayer(scope.at("layer_norm1"), x, hiddenSize, epsilon);
  const project = (name: string, from: Tensor) => linearLayer(self.at(name), from, hiddenSize, hiddenSize);
  const context = multiHeadAttention(
    project("q_proj", before),
    project("k_proj", before),
    project("v_proj", before),
    {
      heads,
    },
  );
  const first = add(x, project("out_proj", context));
  const after = layerNormLayer(scope.at("layer_norm2"), first, hiddenSize, epsilon);
  return add(first, feedForward(scope.at("mlp"), config, after));
}

function feedForward(scope: ParameterScope, config: SiglipConfig, x: Tensor): Tensor {
  const { hiddenSize, intermediateSize } = config;
  const inner = activate(linearLayer(scope.at("fc1"), x, hiddenSize, intermediateSize), config.activation);
  return linearLayer(scope.at("fc2"), inner, intermediateSize, hiddenSize);
}

/**
 * One query, the same for every picture, attends to the patches; its projections are one parameter, fused
 * as in PyTorch.
 */
function poolingHead(scope: ParameterScope, config: SiglipConfig, states: Tensor): Tensor {
  const { hiddenSize, heads, layerNormEpsilon } = config;
  const batch = states.axis(0);
  const attention = scope.at("attention");
  const sizes = [hiddenSize, hiddenSize, hiddenSize];
  type Three = readonly [Tensor, Tensor, Tensor];
  const weights = split(
    attention.parameter("in_proj_weight", [3 * hiddenSize, hiddenSize]),
    0,
    sizes,
  ) as unknown as Three;
  const biases = split(attention.parameter("in_proj_bias", [3 * hiddenSize]), 0, sizes) as unknown as Three;
  const probe = broadcastTo(scope.parameter("probe", [1, 1, hiddenSize]), [batch, 1, hiddenSize]);
  const found = multiHeadAttention(
    linear(probe, weights[0], biases[0]),
    linear(states, weights[1], biases[1]),
    linear(states, weights[2], biases[2]),
    { heads },
  );
  const attended = linearLayer(attention.at("out_proj"), found, hiddenSize, hiddenSize);
  const normal = layerNormLayer(scope.at("layernorm"), attended, hiddenSize, layerNormEpsilon);
  return reshape(add(attended, feedForward(scope.at("mlp"), config, normal)), [batch, hiddenSize]);
}
