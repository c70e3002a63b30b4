// What a family of text encoders has to bring: how it reads its config.json, and its graph in two parts.
import type { Tensor } from "../../graph/tensor.ts";
import type { AttentionPrefix } from "../../nn/attention.ts";
import type { Dropout } from "../../nn/dropout.ts";
import type { ParameterScope } from "../../nn/parameter-scope.ts";
import type { ConfigPlace } from "../config-json.ts";
import type { TextEncoderConfig } from "../text-config.ts";

/** Prefixes by layer; undefined for a layer without. */
export type LayerPrefixes = readonly (AttentionPrefix | undefined)[];

/** What the layers read besides the states. */
export interface TextLayerInputs {
  /** int64 [batch, length]: 1 for a token, 0 for padding. */
  readonly attentionMask: Tensor;
  readonly dropout: Dropout;
  /** Keys and values put in front of each layer's own. Every position sees them, whatever the family's positions do. */
  readonly prefixes?: LayerPrefixes;
  /** float32 [batch, heads, prefix]: 1 where a prefix position may be attended to. Needed with `prefixes`. */
  readonly prefixMask?: Tensor;
}

/** Inputs of a whole text encoder. */
export interface TextEncoderInputs extends TextLayerInputs {
  /** int64 [batch, length]. */
  readonly inputIds: Tensor;
  /** Extra rows after the vocabulary, e.g. entity markers. */
  readonly addedTokens?: number;
}

/** Layers `from` (from 0) to `to`, which is not one of them. */
export interface LayerRange {
  readonly from: number;
  readonly to: number;
}

/**
 * A family of text encoders: an entry of the table in `table.ts`.
 *
 * Parameters are declared below `scope` under the names of the published files, or under those that `canonicalWeightName` turns them
 * into. The word table is `embeddings.word_embeddings.weight` [vocabulary + added tokens, hidden]: training and markers rely on it.
 */
export interface TextArchitecture<Config extends TextEncoderConfig = TextEncoderConfig> {
  /** The values of config.json's `model_type` that it stands for. */
  readonly modelTypes: readonly string[];
  /** Whether layers share weights, such as a table of relative positions: then no layer can be frozen while others learn. */
  readonly layersShareWeights: boolean;
  /**
   * Reads a parsed config.json.
   *
   * @throws EncoderError `encoder/unsupported-config`, naming every field that does not fit
   */
  parse(json: unknown, where: ConfigPlace): Config;
  /** The most tokens that a text may have, those around it included. */
  maximumLength(config: Config): number;
  /** The states that the first layer reads, float32 [batch, length, hidden]. */
  embed(scope: ParameterScope, config: Config, inputs: TextEncoderInputs): Tensor;
  /**
   * The states [batch, length, hidden] after the layers of `range`, from those before them. What follows the last layer, such as a
   * normalisation, belongs to it.
   */
  layers(
    scope: ParameterScope,
    config: Config,
    states: Tensor,
    inputs: TextLayerInputs,
    range: LayerRange,
  ): Tensor;
}
