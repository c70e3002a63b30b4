// What a model takes from a text encoder that several models share: memory for its weights, and the adapters that make it the model's own.
import type { SharedConstants } from "../../engine/shared-constants.ts";
import type { LowRankOptions, ParameterDeclaration } from "../../nn/parameter-scope.ts";

/** A text encoder's own weights, lent to one model. */
export interface LentEncoder {
  /** The model's adapters, as its graph needs them; undefined for a model without. */
  readonly adapters: LowRankOptions | undefined;
  /** What sessions share. */
  readonly constants: SharedConstants;
  /** The shared memory of a weight; undefined for a weight of the model's own. */
  weight(declaration: Pick<ParameterDeclaration, "name" | "shape">): Float32Array | undefined;
}
