// The interface of a family of text encoders: how it reads its config.json, and its graph in two parts.
import type { Tensor } from "../../graph/tensor.ts";
import type { AttentionPrefix } from "../../nn/attention.ts";
import type { Dropout } from "../../nn/dropout.ts";
import type { PositionGroups } from "../../nn/grouped-attention.ts";
import type { ParameterScope } from "../../nn/parameter-scope.ts";
import type { ConfigPlace } from "../config-json.ts";
import type { TextEncoderConfig } from "../text-config.ts";

/** Prefixes by layer; undefined for a layer without prefixes. */
export type LayerPrefixes = readonly (AttentionPrefix | undefined)[];

/**
 * Groups of tokens behind the text, such as the markers of one pair of mentions each. A group reads the text, its prefixes and itself; the
 * text does not read the groups, so its states are those that it has without them.
 */
export interface TokenGroups extends PositionGroups {
  /** int64 [size]: ids of a group's tokens, the same in every group. */
  readonly ids: Tensor;
  /** int64 [batch, count, size]: the place in the text, counted from 0, whose position each token has. */
  readonly places: Tensor;
}

/** Inputs of the layers other than the states. */
export interface TextLayerInputs {
  /** int64 [batch, length]: 1 for a token, 0 for padding. */
  readonly attentionMask: Tensor;
  readonly dropout: Dropout;
  /**
   * Keys and values to prepend to those of each layer. Every position attends to them, regardless of the
   * family's position scheme.
   */
  readonly prefixes?: LayerPrefixes;
  /**
   * float32 [batch, heads, prefix]: 1 where attention to a prefix position is allowed. Required with
   * `prefixes`.
   */
  readonly prefixMask?: Tensor;
  /**
   * Groups of tokens: the states are then [batch, length + count * size, hidden], those of the text first. Only
   * for families that `readsGroups`.
   */
  readonly groups?: TokenGroups | undefined;
}

/** Inputs of a whole text encoder. */
export interface TextEncoderInputs extends TextLayerInputs {
  /** int64 [batch, length]. */
  readonly inputIds: Tensor;
  /** Extra rows after the vocabulary, e.g. entity markers. */
  readonly addedTokens?: number;
}

/** Layers `from` (counted from 0) to `to`, exclusive. */
export interface LayerRange {
  readonly from: number;
  readonly to: number;
}

/**
 * A family of text encoders: an entry of the table in `table.ts`.
 *
 * Declares parameters below `scope` under the names of the published files, or their `canonicalWeightName`.
 * The word table is `embeddings.word_embeddings.weight` [vocabulary + added tokens, hidden]: training and
 * markers depend on it.
 */
export interface TextArchitecture<Config extends TextEncoderConfig = TextEncoderConfig> {
  /** The values of `model_type` in config.json that it handles. */
  readonly modelTypes: readonly string[];
  /**
   * Whether layers share weights, such as a table of relative positions: then layers cannot be frozen
   * separately.
   */
  readonly layersShareWeights: boolean;
  /** Whether it reads groups of tokens behind a text: a token's position must be a free choice. Absent: it does not. */
  readonly readsGroups?: boolean;
  /** States that a training step keeps per layer, head and pair of tokens beyond those of BERT; 0 if absent. */
  readonly statesPerPair?: number;
  /**
   * Reads a parsed config.json.
   *
   * @throws EncoderError `encoder/unsupported-config`, naming every field that does not fit
   */
  parse(json: unknown, where: ConfigPlace): Config;
  /** Maximum number of tokens in a text, including special tokens. */
  maximumLength(config: Config): number;
  /** The states that the first layer reads, float32 [batch, length, hidden]. */
  embed(scope: ParameterScope, config: Config, inputs: TextEncoderInputs): Tensor;
  /**
   * The states [batch, length, hidden] after the layers of `range`, given the states before them.
   * Operations after the last layer, such as a normalisation, belong to it.
   */
  layers(
    scope: ParameterScope,
    config: Config,
    states: Tensor,
    inputs: TextLayerInputs,
    range: LayerRange,
  ): Tensor;
}
