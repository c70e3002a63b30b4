// The contract of a user's relation reader: how to derive the relation between two mentions from the states of a text.
import { CONTRACT, type Extension } from "../../extensions/extension.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { ParameterScope } from "../../nn/parameter-scope.ts";

/** The picture of each example, from a frozen encoder; zeros for an example without one. */
export interface ReadPicture {
  /** float32 `[batch, numbers]`: the map as one row. */
  readonly map: Tensor;
  /** float32 `[batch, classes]`: class scores or the pooled state. */
  readonly pooled: Tensor;
  /** float32 `[batch, 1]`: 1 if there is a picture, else 0. */
  readonly present: Tensor;
}

/** The input of a relation reader, as symbolic tensors of a batch. */
export interface RelationReading {
  /** float32 `[batch, length, hidden]`: the last states of the text encoder, with markers around both mentions. */
  readonly states: Tensor;
  /** int64 `[batch, length]`: 1 for a token, 0 for padding. */
  readonly attentionMask: Tensor;
  /** float32 `[batch, hidden]`: the mean of the states of each mention's tokens. */
  readonly head: Tensor;
  readonly tail: Tensor;
  /** Width of a state. */
  readonly hidden: number;
  /** Number of labels, "None" included. */
  readonly relations: number;
  /** Undefined for a text-only model. */
  readonly picture: ReadPicture | undefined;
  /** `x` with dropout in training, `x` itself otherwise. */
  dropout(x: Tensor, probability: number): Tensor;
}

/** A method of relation extraction. Its text encoder is trained with it, by cross-entropy of its scores. */
export interface RelationReaderExtension extends Extension {
  readonly kind: "relation-reader";
  /**
   * Returns scores `[batch, relations]` as a graph. Declare parameters below `scope`, whose names are kept in the weights: repeating the call
   * must declare the same parameters.
   */
  logits(scope: ParameterScope, reading: RelationReading): Tensor;
}

/**
 * Defines a relation reader; users set its name as `method`.
 *
 * @example
 * import { defineRelationReader } from "relata/extend";
 * import { concatenate } from "relata/graph";
 * import { linearLayer } from "relata/nn";
 *
 * export default defineRelationReader({
 *   name: "pair",
 *   version: "1.0.0",
 *   logits: (scope, { head, tail, hidden, relations }) =>
 *     linearLayer(scope.at("classifier"), concatenate([head, tail], 1), 2 * hidden, relations),
 * });
 */
export function defineRelationReader(
  reader: Omit<RelationReaderExtension, "kind" | "contract">,
): RelationReaderExtension {
  return Object.freeze({ ...reader, kind: "relation-reader", contract: CONTRACT });
}
