// Declares the parameters of a model under their usual dotted names, each with its initialisation.
import { GraphError } from "../base/errors.ts";
import { formatShape, sameShape } from "../graph/dimension.ts";
import { parameter, type Tensor } from "../graph/tensor.ts";

/** The initial value of a parameter without a checkpoint. */
export type Initializer =
  | { readonly kind: "zeros" }
  | { readonly kind: "ones" }
  | { readonly kind: "normal"; readonly deviation: number }
  | { readonly kind: "uniform"; readonly bound: number };

/** A declared parameter: its full name, shape, initialisation, and tensor in the graph. */
export interface ParameterDeclaration {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initializer: Initializer;
  readonly tensor: Tensor;
}

/** All declarations of one model, by full name. */
export type ParameterTable = Map<string, ParameterDeclaration>;

/** Which linear layers get a low-rank adapter, and its size. */
export interface LowRankOptions {
  /** Width of the narrow side. */
  readonly rank: number;
  /** The product counts alpha / rank times. */
  readonly alpha: number;
  /** Whether the layer of this full name, such as `encoder.encoder.layer.0.attention.self.query`, gets one. */
  readonly adapts: (layer: string) => boolean;
}

/** A place in the tree of names: `scope.at("encoder").at("layer", 0)` declares below `encoder.layer.0.`. */
export class ParameterScope {
  readonly prefix: string;
  readonly table: ParameterTable;
  /** Adapters of the linear layers below; undefined: none. */
  readonly adapters: LowRankOptions | undefined;

  constructor(prefix = "", table: ParameterTable = new Map(), adapters?: LowRankOptions) {
    this.prefix = prefix;
    this.table = table;
    this.adapters = adapters;
  }

  /** The scope below this one. */
  at(...path: readonly (string | number)[]): ParameterScope {
    const prefix = [...(this.prefix === "" ? [] : [this.prefix]), ...path].join(".");
    return new ParameterScope(prefix, this.table, this.adapters);
  }

  /**
   * The parameter of this name, declared at its first use.
   *
   * @throws GraphError `nn/parameter-shape` if it was declared before with another shape.
   */
  parameter(name: string, shape: readonly number[], initializer: Initializer = { kind: "zeros" }): Tensor {
    const full = this.prefix === "" ? name : `${this.prefix}.${name}`;
    const known = this.table.get(full);
    if (known) {
      if (sameShape(known.shape, shape)) return known.tensor;
      throw new GraphError({
        code: "nn/parameter-shape",
        message: `parameter: '${full}' has the shape ${formatShape(known.shape)}, but ${formatShape(shape)} is requested`,
        place: full,
        remedy: "Use the same shape for the same name.",
      });
    }
    const tensor = parameter(full, shape);
    this.table.set(full, { name: full, shape, initializer, tensor });
    return tensor;
  }
}

/** Uniform in +-1/sqrt(fanIn), as PyTorch's Linear is initialised. */
export function fanInUniform(fanIn: number): Initializer {
  return { kind: "uniform", bound: 1 / Math.sqrt(fanIn) };
}
