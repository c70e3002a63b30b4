// DINOv2 (Oquab et al. 2023): a ViT with scaled residuals, for square pictures of any size; Hugging Face layout.
import { z } from "zod";
import { EncoderError } from "../base/errors.ts";
import { hostTensor } from "../graph/host-tensor.ts";
import { add, multiply } from "../graph/operators/elementwise.ts";
import { matmul } from "../graph/operators/matrix.ts";
import { concatenate, reshape, slice } from "../graph/operators/shape.ts";
import { constant, type Tensor } from "../graph/tensor.ts";
import { multiHeadAttention } from "../nn/attention.ts";
import { layerNormLayer, linearLayer } from "../nn/layers.ts";
import type { ParameterScope } from "../nn/parameter-scope.ts";
import { activate } from "./activation.ts";
import {
  type Activation,
  activation,
  depth,
  parseConfigJson,
  size,
  transformerSizes,
} from "./config-json.ts";
import { type PatchConfig, patchRows, positionCount, requirePixels } from "./vision-layers.ts";

// Defaults are those of the published class.
const schema = z.object({
  model_type: z.literal("dinov2"),
  hidden_size: size.default(768),
  num_hidden_layers: depth.default(12),
  num_attention_heads: size.default(12),
  mlp_ratio: z.number().positive().max(1000).default(4),
  image_size: size.default(224),
  patch_size: size.default(14),
  num_channels: size.default(3),
  hidden_act: activation.default("gelu"),
  layer_norm_eps: z.number().positive().default(1e-6),
  qkv_bias: z.boolean().default(true),
  use_swiglu_ffn: z.literal(false).default(false),
  initializer_range: z.number().positive().default(0.02),
});

/** DINOv2's sizes and constants. `imageSize` is the size that its positions were trained for. */
export interface Dinov2Config extends PatchConfig {
  readonly layers: number;
  readonly heads: number;
  readonly intermediateSize: number;
  readonly activation: Activation;
  readonly layerNormEpsilon: number;
  /** Whether queries, keys and values have a bias. */
  readonly projectionBias: boolean;
}

/**
 * Reads the parsed config.json of DINOv2.
 *
 * @throws EncoderError `encoder/unsupported-config`, naming every field that does not fit.
 */
export function parseDinov2Config(json: unknown, place: string): Dinov2Config {
  const where = { model: "a DINOv2 model", place };
  const config = parseConfigJson(schema, json, where);
  const inner = Math.trunc(config.hidden_size * config.mlp_ratio);
  const { initializerRange: _, ...sizes } = transformerSizes({ ...config, intermediate_size: inner }, where);
  return {
    ...sizes,
    channels: config.num_channels,
    imageSize: config.image_size,
    patchSize: config.patch_size,
    projectionBias: config.qkv_bias,
  };
}

/**
 * Sets the size of the configuration to that of pixels [batch, channels, side, side]. @throws EncoderError
 * `encoder/wrong-picture-shape`
 */
export function sizedTo(config: Dinov2Config, pixels: Tensor): Dinov2Config {
  const [, , height, width] = pixels.shape;
  if (typeof height === "number" && height === width && height >= config.patchSize) {
    return { ...config, imageSize: height };
  }
  throw new EncoderError({
    code: "encoder/wrong-picture-shape",
    message: `dinov2: takes square pictures of ${config.patchSize} pixels or more, got ${String(height)} x ${String(width)}`,
    place: "dinov2",
    remedy: "Let preprocessor_config.json crop pictures to a square.",
    value: pixels.shape,
  });
}

/**
 * The normalised states after the last layer of pixels [batch, channels, side, side]: [batch, 1 + patches, hidden], the class first.
 * Parameters are declared below `scope` under Hugging Face's names.
 *
 * @throws EncoderError `encoder/wrong-picture-shape`
 */
export function dinov2(scope: ParameterScope, config: Dinov2Config, pixels: Tensor): Tensor {
  requirePixels("dinov2", pixels, config.channels);
  let hidden = embeddings(scope.at("embeddings"), config, pixels);
  for (let i = 0; i < config.layers; i++) hidden = layer(scope.at("encoder", "layer", i), config, hidden);
  return layerNormLayer(scope.at("layernorm"), hidden, config.hiddenSize, config.layerNormEpsilon);
}

function embeddings(scope: ParameterScope, config: Dinov2Config, pixels: Tensor): Tensor {
  const { hiddenSize, channels, patchSize } = config;
  const sized = sizedTo(config, pixels);
  const projection = scope.at("patch_embeddings", "projection");
  const rows = patchRows(
    pixels,
    sized,
    projection.parameter("weight", [hiddenSize, channels, patchSize, patchSize]),
    projection.parameter("bias", [hiddenSize]),
    scope.parameter("cls_token", [1, 1, hiddenSize]),
  );
  const positions = scope.parameter("position_embeddings", [1, positionCount(config), hiddenSize]);
  const trained = sideOf(config);
  const side = sideOf(sized);
  if (side === trained) return add(rows, positions);
  const ofClass = slice(positions, 1, 0, 1);
  const ofPatches = slice(positions, 1, 1, 1 + trained * trained);
  const resize = constant(
    hostTensor("float32", [1, side * side, trained * trained], resizedGrid(trained, side)),
  );
  return add(rows, concatenate([ofClass, matmul(resize, ofPatches)], 1));
}

const sideOf = ({ imageSize, patchSize }: PatchConfig): number => Math.floor(imageSize / patchSize);

/** Sharpness of the cubic kernel, as in PyTorch's interpolation. */
const CUBIC = -0.75;

/**
 * Weights of `from` * `from` positions for `to` * `to` positions: bicubic, corners not aligned; edges
 * repeat.
 */
function resizedGrid(from: number, to: number): number[] {
  const line = resizedLine(from, to);
  const shares: number[] = [];
  for (let row = 0; row < to; row++) {
    for (let column = 0; column < to; column++) {
      for (const vertical of line[row]!)
        for (const horizontal of line[column]!) shares.push(vertical * horizontal);
    }
  }
  return shares;
}

function resizedLine(from: number, to: number): number[][] {
  return Array.from({ length: to }, (_, place) => {
    const shares = new Array<number>(from).fill(0);
    const centre = ((place + 0.5) * from) / to - 0.5;
    const first = Math.floor(centre) - 1;
    for (let tap = first; tap < first + 4; tap++) {
      shares[Math.max(0, Math.min(from - 1, tap))]! += cubic(Math.abs(centre - tap));
    }
    return shares;
  });
}

/** Keys' cubic convolution kernel. */
function cubic(x: number): number {
  if (x <= 1) return ((CUBIC + 2) * x - (CUBIC + 3)) * x * x + 1;
  return x < 2 ? CUBIC * (((x - 5) * x + 8) * x - 4) : 0;
}

function layer(scope: ParameterScope, config: Dinov2Config, x: Tensor): Tensor {
  const { hiddenSize, intermediateSize, heads, layerNormEpsilon: epsilon } = config;
  const self = scope.at("attention", "attention");
  const before = layerNormLayer(scope.at("norm1"), x, hiddenSize, epsilon);
  const project = (name: string) =>
    linearLayer(self.at(name), before, hiddenSize, hiddenSize, { bias: config.projectionBias });
  const context = multiHeadAttention(project("query"), project("key"), project("value"), { heads });
  const attended = linearLayer(scope.at("attention", "output", "dense"), context, hiddenSize, hiddenSize);
  const scaled = (name: string, states: Tensor) =>
    multiply(
      reshape(scope.at(name).parameter("lambda1", [hiddenSize], { kind: "ones" }), [1, 1, hiddenSize]),
      states,
    );
  const first = add(scaled("layer_scale1", attended), x);
  const after = layerNormLayer(scope.at("norm2"), first, hiddenSize, epsilon);
  const inner = activate(
    linearLayer(scope.at("mlp", "fc1"), after, hiddenSize, intermediateSize),
    config.activation,
  );
  const outer = linearLayer(scope.at("mlp", "fc2"), inner, intermediateSize, hiddenSize);
  return add(scaled("layer_scale2", outer), first);
}
