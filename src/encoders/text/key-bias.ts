// The bias on attention scores that gives padding and absent prefixes no weight.
import type { Dimension } from "../../graph/dimension.ts";
import { broadcastTo } from "../../graph/operators/broadcasting.ts";
import { cast } from "../../graph/operators/elementwise.ts";
import { concatenate, reshape } from "../../graph/operators/shape.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { attentionBias } from "../../nn/attention.ts";
import type { TextLayerInputs } from "./architecture.ts";

/** The bias of a layer's keys: [batch, 1, 1, length], or [batch, heads, 1, prefix + length] for a layer with a prefix. */
export function keyBiases({
  attentionMask,
  prefixes,
  prefixMask,
}: Pick<TextLayerInputs, "attentionMask" | "prefixes" | "prefixMask">): (layer: number) => Tensor {
  const plain = attentionBias(attentionMask);
  const prefixed = prefixMask ? attentionBias(joinMasks(prefixMask, attentionMask)) : undefined;
  return (layer) => {
    if (prefixes?.[layer] === undefined) return plain;
    if (prefixed === undefined) throw new Error("prefixes were given without their mask");
    return prefixed;
  };
}

/** [batch, heads, prefix] and [batch, length] -> [batch, heads, prefix + length]. */
function joinMasks(prefixMask: Tensor, attentionMask: Tensor): Tensor {
  const [batch, heads] = prefixMask.shape as [Dimension, Dimension];
  const length = attentionMask.axis(1);
  const text = reshape(cast(attentionMask, "float32"), [batch, 1, length]);
  return concatenate([prefixMask, broadcastTo(text, [batch, heads, length])], 2);
}
