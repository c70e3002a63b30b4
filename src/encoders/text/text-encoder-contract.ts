// The contract of a family of text encoders that users register: it reads config.json and builds the graph
// layer by layer.
import { CONTRACT, type Extension } from "../../extensions/extension.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { ParameterScope } from "../../nn/parameter-scope.ts";

/** The sizes read from a config.json. */
export interface TextEncoderSizes {
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly layers: number;
  /** Attention heads; must divide the hidden size. */
  readonly heads: number;
  /** Maximum number of tokens in a text, including special tokens. */
  readonly maxLength: number;
  readonly padTokenId: number;
  /** Dropout of states and attention in training, unless the configuration sets one; 0.1 if absent. */
  readonly dropout?: number | undefined;
}

/** Inputs of the states before the first layer. */
export interface TextEmbedding {
  /**
   * float32 `[batch, length, hidden]`: rows of `embeddings.word_embeddings.weight`, which relata declares
   * and extends with its markers.
   */
  readonly words: Tensor;
  /** int64 `[batch, length]`. */
  readonly inputIds: Tensor;
  /** `x` with dropout in training. */
  dropout(x: Tensor): Tensor;
}

/** Inputs of a layer. */
export interface TextLayer {
  /** float32 `[batch, length, hidden]`. */
  readonly states: Tensor;
  /** Counted from 0. */
  readonly index: number;
  /**
   * Scaled dot-product attention of float32 `[batch, length, hidden]` each, over all heads; handles
   * padding, visual prefixes and dropout.
   */
  attend(query: Tensor, key: Tensor, value: Tensor): Tensor;
  /** `x` with dropout in training. */
  dropout(x: Tensor): Tensor;
}

/** A family of text encoders. */
export interface TextEncoderExtension<Sizes extends TextEncoderSizes = TextEncoderSizes> extends Extension {
  readonly kind: "text-encoder";
  /** The values of `model_type` in config.json that it handles. */
  readonly modelTypes: readonly string[];
  /** Reads a parsed config.json; throws an error whose message names the unsupported field. */
  config(json: Readonly<Record<string, unknown>>): Sizes;
  /**
   * Returns the states `[batch, length, hidden]` that the first layer reads. Parameters have the names of
   * the weight file.
   */
  embed(scope: ParameterScope, embedding: TextEmbedding, sizes: Sizes): Tensor;
  /**
   * Returns the states `[batch, length, hidden]` after a layer. Operations after the last layer belong to
   * it.
   */
  layer(scope: ParameterScope, layer: TextLayer, sizes: Sizes): Tensor;
}

/**
 * Defines a family of text encoders. `encoder` then accepts folders whose config.json has one of its
 * `modelTypes`.
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
