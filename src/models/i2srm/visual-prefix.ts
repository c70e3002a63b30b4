// I2SRM's visual prefixes: picture maps become keys and values in front of those of the text, with one gate per text layer.

import type { Dimension } from "../../graph/dimension.ts";
import { leakyRelu, softmax, tanh } from "../../graph/operators/activation.ts";
import { broadcastTo } from "../../graph/operators/broadcasting.ts";
import { add, multiply } from "../../graph/operators/elementwise.ts";
import { linear } from "../../graph/operators/matrix.ts";
import { reshape, split } from "../../graph/operators/shape.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { AttentionPrefix } from "../../nn/attention.ts";
import { linearLayer } from "../../nn/layers.ts";
import { fanInUniform, type ParameterScope } from "../../nn/parameter-scope.ts";

/** The projection's last layer has this many parts, which the gates mix. */
const PIECES = 4;

/** Keys and values for one text layer, and what they were mixed with. */
export interface VisualPrefix extends AttentionPrefix {
  /** Each picture's shares of the pieces, [batch, pictures, pieces]: they sum to 1. */
  readonly gates: Tensor;
}

export interface VisualPrefixOptions {
  readonly hidden: number;
  readonly heads: number;
  readonly layers: readonly number[];
  readonly promptHidden: number;
}

/**
 * Keys and values for the text layers of `options.layers`.
 *
 * maps: float32 [batch, pictures, prompt, mapWidth] - the [channels, 2, 2] maps of the whole picture and its crops, read row by
 * row (reshaped, not transposed, as published). Each result: [batch, heads, pictures * prompt, hidden / heads], again by a plain
 * reshape of [batch, pictures * prompt, hidden] (as published).
 */
export function visualPrefixes(
  scope: ParameterScope,
  maps: Tensor,
  options: VisualPrefixOptions,
): ReadonlyMap<number, VisualPrefix> {
  const { hidden, heads, layers, promptHidden } = options;
  const [batch, pictures, prompt, mapWidth] = maps.shape as readonly [Dimension, number, number, number];
  const inner = tanh(linearLayer(scope.at("encoder_conv", 0), maps, mapWidth, promptHidden));
  const projected = linearLayer(scope.at("encoder_conv", 2), inner, promptHidden, PIECES * 2 * hidden);
  const pieces = split(
    projected,
    3,
    Array.from({ length: PIECES }, () => 2 * hidden),
  );
  const mean = multiply(
    pieces.reduce((sum, piece) => add(sum, piece)),
    1 / PIECES,
  );
  const flatMean = reshape(mean, [batch, pictures, prompt * 2 * hidden]);
  return new Map(
    layers.map((layer) => {
      const gate = scope.at("gates", layer);
      const width = prompt * 2 * hidden;
      const scores = linear(
        flatMean,
        gate.parameter("weight", [PIECES, width], fanInUniform(width)),
        gate.parameter("bias", [PIECES], fanInUniform(width)),
      );
      const gates = softmax(leakyRelu(scores));
      const shares = split(gates, 2, [1, 1, 1, 1]);
      const mixed = pieces
        .map((piece, i) => multiply(piece, reshape(shares[i]!, [batch, pictures, 1, 1])))
        .reduce((sum, piece) => add(sum, piece));
      const [key, value] = split(reshape(mixed, [batch, pictures * prompt, 2 * hidden]), 2, [hidden, hidden]);
      const shape = [batch, heads, pictures * prompt, hidden / heads];
      return [layer, { key: reshape(key!, shape), value: reshape(value!, shape), gates }] as const;
    }),
  );
}

/**
 * Mask of the prefix positions: [batch, heads, pictures * prompt], 1 or 0, from `mask` [batch, pictures]. The plain reshape of
 * the keys distributes a picture's positions differently in every head, so the mask is reshaped in the same way.
 */
export function prefixMask(mask: Tensor, prompt: number, heads: number): Tensor {
  const [batch, pictures] = mask.shape as readonly [Dimension, number];
  const spread = broadcastTo(reshape(mask, [batch, pictures, 1]), [batch, pictures, prompt * heads]);
  return reshape(spread, [batch, heads, pictures * prompt]);
}
