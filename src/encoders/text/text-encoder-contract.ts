// The contract of a family of text encoders that users register: how its config.json is read, and its graph, layer by layer.
import { CONTRACT, type Extension } from "../../extensions/extension.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { ParameterScope } from "../../nn/parameter-scope.ts";

/** What a config.json comes down to. */
export interface TextEncoderSizes {
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly layers: number;
  /** Attention heads; they divide the hidden size. */
  readonly heads: number;
  /** The most tokens that a text may have, those around it included. */
  readonly maxLength: number;
  readonly padTokenId: number;
  /** Dropout of states and attention in training, unless the configuration says another; 0.1 when absent. */
  readonly dropout?: number | undefined;
}

/** What the states before the first layer are made of. */
export interface TextEmbedding {
  /** float32 `[batch, length, hidden]`: rows of `embeddings.word_embeddings.weight`, which relata declares and extends by its markers. */
  readonly words: Tensor;
  /** int64 `[batch, length]`. */
  readonly inputIds: Tensor;
  /** `x` with dropout in training. */
  dropout(x: Tensor): Tensor;
}

/** What a layer reads. */
export interface TextLayer {
  /** float32 `[batch, length, hidden]`. */
  readonly states: Tensor;
  /** From 0. */
  readonly index: number;
  /** Scaled dot-product attention of float32 `[batch, length, hidden]` each, over all heads: padding, visual prefixes and dropout are seen to. */
  attend(query: Tensor, key: Tensor, value: Tensor): Tensor;
  /** `x` with dropout in training. */
  dropout(x: Tensor): Tensor;
}

/** A family of text encoders. */
export interface TextEncoderExtension<Sizes extends TextEncoderSizes = TextEncoderSizes> extends Extension {
  readonly kind: "text-encoder";
  /** The values of config.json's `model_type` that it stands for. */
  readonly modelTypes: readonly string[];
  /** Reads a parsed config.json; throws a sentence that names the field for one that it cannot build. */
  config(json: Readonly<Record<string, unknown>>): Sizes;
  /** The states `[batch, length, hidden]` that the first layer reads. Parameters carry the names of the weight file. */
  embed(scope: ParameterScope, embedding: TextEmbedding, sizes: Sizes): Tensor;
  /** The states `[batch, length, hidden]` after a layer. What follows the last layer belongs to it. */
  layer(scope: ParameterScope, layer: TextLayer, sizes: Sizes): Tensor;
}

/**
 * Defines a family of text encoders: folders whose config.json has one of its `modelTypes` can then be named as `encoder`.
 *
 * @example
 * import { defineTextEncoder } from "relata/extend";
 *
 * export default defineTextEncoder({
 *   name: "bag",
 *   version: "1.0.0",
 *   modelTypes: ["bag-of-words"],
 *   config: () => ({ vocabSize: 1000, hiddenSize: 64, layers: 1, heads: 1, maxLength: 512, padTokenId: 0 }),
 *   embed: (_scope, { words }) => words,
 *   layer: (_scope, { states, attend }) => attend(states, states, states),
 * });
 */
export function defineTextEncoder<Sizes extends TextEncoderSizes>(
  encoder: Omit<TextEncoderExtension<Sizes>, "kind" | "contract">,
): TextEncoderExtension<Sizes> {
  return Object.freeze({ ...encoder, kind: "text-encoder", contract: CONTRACT });
}
