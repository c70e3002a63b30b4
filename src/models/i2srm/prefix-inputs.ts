// The visual inputs shared by both I2SRM models, in the form that the text encoder needs.
import type { TextEncoderInputs } from "../../encoders/text/architecture.ts";
import type { TextEncoderConfig } from "../../encoders/text-config.ts";
import { input, type Tensor } from "../../graph/tensor.ts";
import type { AttentionPrefix } from "../../nn/attention.ts";
import type { ParameterScope } from "../../nn/parameter-scope.ts";
import { type I2srmConfig, picturesOf, type VisualSizes } from "./config.ts";
import type { PrefixUse } from "./prefix-use.ts";
import { prefixMask, visualPrefixes } from "./visual-prefix.ts";

export interface PrefixedModel {
  readonly encoder: TextEncoderConfig;
  readonly i2srm: I2srmConfig;
  readonly visual: VisualSizes | undefined;
}

/**
 * Prefixes by text layer, and their mask for the encoder. Graph inputs, with a visual channel: `maps` float32 [batch, pictures,
 * prompt, mapWidth] and `picture_mask` float32 [batch, pictures]: the whole picture, then the crops.
 *
 * @param use collects how the layers use them; the tokens are those where `attentionMask` [batch, length] is 1
 */
export function visualPrefixInputs(
  scope: ParameterScope,
  { encoder, i2srm, visual }: PrefixedModel,
  attentionMask: Tensor,
  use: PrefixUse | undefined,
): {
  readonly prefixes: ReadonlyMap<number, AttentionPrefix>;
  readonly encoderInputs: Pick<TextEncoderInputs, "prefixes" | "prefixMask">;
} {
  if (!visual || !i2srm.prefix.enabled) return { prefixes: new Map(), encoderInputs: {} };
  const { promptLength, promptHidden } = i2srm.prefix;
  const pictures = picturesOf(i2srm.prefix);
  const { hiddenSize: hidden, heads } = encoder;
  const maps = input("maps", "float32", ["batch", pictures, promptLength, visual.mapWidth]);
  const layers = prefixLayers(i2srm, encoder.layers);
  const prefixes = visualPrefixes(scope, maps, { hidden, heads, layers, promptHidden });
  const mask = prefixMask(input("picture_mask", "float32", ["batch", pictures]), promptLength, heads);
  const byLayer = Array.from({ length: encoder.layers }, (_, i) => {
    const prefix = prefixes.get(i);
    return prefix && use ? use.watched(i, prefix, attentionMask) : prefix;
  });
  return { prefixes, encoderInputs: { prefixes: byLayer, prefixMask: mask } };
}

/** The text layers that get prefixes. */
function prefixLayers({ prefix }: I2srmConfig, layers: number): readonly number[] {
  return prefix.layers === "all" ? Array.from({ length: layers }, (_, i) => i) : prefix.layers;
}
