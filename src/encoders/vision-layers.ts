// Shared by the picture encoders: pixel checks, patches, and folded batch normalisation.
import { EncoderError } from "../base/errors.ts";
import { formatShape } from "../graph/dimension.ts";
import { sqrt } from "../graph/operators/activation.ts";
import { broadcastTo } from "../graph/operators/broadcasting.ts";
import { conv2d } from "../graph/operators/convolution.ts";
import { add, divide, multiply, subtract } from "../graph/operators/elementwise.ts";
import { concatenate, reshape, transpose } from "../graph/operators/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { ParameterScope } from "../nn/parameter-scope.ts";

/** Sizes of a picture transformer's input. */
export interface PatchConfig {
  readonly channels: number;
  readonly imageSize: number;
  readonly patchSize: number;
  readonly hiddenSize: number;
}

/** Number of positions: one per patch and one for the class. */
export function positionCount(config: PatchConfig): number {
  return Math.floor(config.imageSize / config.patchSize) ** 2 + 1;
}

/**
 * Throws `encoder/wrong-picture-shape` unless `pixels` is [batch, channels, height, width] with this number of channels
 * and, for encoders with fixed positions, this height and width.
 */
export function requirePixels(encoder: string, pixels: Tensor, channels: number, side?: number): void {
  const fits =
    pixels.rank === 4 &&
    pixels.shape[1] === channels &&
    (side === undefined || (pixels.shape[2] === side && pixels.shape[3] === side));
  if (fits) return;
  const wanted = formatShape(["batch", channels, side ?? "height", side ?? "width"]);
  throw new EncoderError({
    code: "encoder/wrong-picture-shape",
    message: `${encoder}: expected pixels of shape ${wanted}, got ${formatShape(pixels.shape)}`,
    place: encoder,
    remedy: "Prepare the pictures with the settings of this encoder's preprocessor_config.json.",
    value: pixels.shape,
  });
}

/** Pixels [batch, channels, side, side] -> one row per patch after a row for the class: [batch, 1 + patches, hidden]. */
export function patchRows(
  pixels: Tensor,
  config: PatchConfig,
  weight: Tensor,
  bias: Tensor | undefined,
  classRow: Tensor,
): Tensor {
  const batch = pixels.axis(0);
  const patches = conv2d(pixels, weight, bias, { stride: config.patchSize });
  const count = positionCount(config) - 1;
  const rows = transpose(reshape(patches, [batch, config.hiddenSize, count]), [0, 2, 1]);
  return concatenate([broadcastTo(classRow, [batch, 1, config.hiddenSize]), rows], 1);
}

/** A convolution layer's sizes. */
export interface NormalizedConvolution {
  readonly from: number;
  readonly to: number;
  readonly kernel: number;
  readonly stride: number;
}

const EPSILON = 1e-5; // PyTorch's BatchNorm2d default, which no config.json changes

/**
 * Convolution without bias, padded to keep the size, then batch normalisation by stored statistics. Because
 * these are constants of a run, the normalisation is folded into the convolution's weight and bias, which
 * saves a pass over the feature maps.
 */
export function normalizedConvolution(
  scope: ParameterScope,
  x: Tensor,
  sizes: NormalizedConvolution,
): Tensor {
  const { from, to, kernel, stride } = sizes;
  const weight = scope.at("convolution").parameter("weight", [to, from, kernel, kernel], {
    kind: "normal",
    deviation: Math.sqrt(2 / (to * kernel * kernel)), // He et al. 2015, by outgoing connections
  });
  const normalization = scope.at("normalization");
  const gain = normalization.parameter("weight", [to], { kind: "ones" });
  const bias = normalization.parameter("bias", [to], { kind: "zeros" });
  const mean = normalization.parameter("running_mean", [to], { kind: "zeros" });
  const variance = normalization.parameter("running_var", [to], { kind: "ones" });
  const scale = divide(gain, sqrt(add(variance, EPSILON)));
  const folded = multiply(weight, reshape(scale, [to, 1, 1, 1]));
  const shift = subtract(bias, multiply(mean, scale));
  return conv2d(x, folded, shift, { stride, padding: Math.floor(kernel / 2) });
}
