// Dropout with masks that are inputs of the graph: the caller draws them, so a draw is a function of seed, step and site.

import type { Shape } from "../graph/dimension.ts";
import { multiply } from "../graph/operators/elementwise.ts";
import { input, type Tensor } from "../graph/tensor.ts";

/** A place that needs a mask of 0 or 1/(1 - probability) in the shape of its input. */
export interface DropoutSite {
  /** Name of the graph input. */
  readonly name: string;
  readonly shape: Shape;
  readonly probability: number;
}

/** Collects the dropout sites of a model while it is built; a model built for evaluation has none. */
export class Dropout {
  readonly training: boolean;
  readonly sites: DropoutSite[] = [];

  constructor(training: boolean) {
    this.training = training;
  }

  /** `x` times a fresh mask in training; `x` itself otherwise. `place` must be unique in the model. */
  apply(x: Tensor, probability: number, place: string): Tensor {
    if (!this.training || probability === 0) return x;
    const name = `dropout/${place}`;
    this.sites.push({ name, shape: x.shape, probability });
    return multiply(x, input(name, "float32", x.shape));
  }
}
