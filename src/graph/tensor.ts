// Symbolic tensors: the inputs and outputs of operators. A graph is simply the tensors that its outputs depend on.
import { GraphError } from "../base/errors.ts";
import { type Dimension, formatShape, isDimension, type Shape } from "./dimension.ts";
import { type DType, type HostTensor, hostTensor } from "./host-tensor.ts";
import type { Lowering } from "./lowering.ts";

/** An operator: how its gradient is built from other operators, and how it is written in ONNX. */
export interface OperatorDefinition<Attributes = unknown> {
  readonly name: string;
  /**
   * Gradients of the inputs, from those of the outputs (undefined if an output does not affect the loss).
   * An operator without this function stops the gradient; use it only if none is needed.
   */
  readonly gradient?: (
    operation: Operation<Attributes>,
    outputGradients: readonly (Tensor | undefined)[],
  ) => readonly (Tensor | undefined)[];
  /** Writes the operator as ONNX nodes; returns the names of its outputs. */
  readonly lower: (operation: Operation<Attributes>, lowering: Lowering) => readonly string[];
}

/** One application of an operator. */
export interface Operation<Attributes = unknown> {
  readonly definition: OperatorDefinition<Attributes>;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly attributes: Attributes;
}

export type Source =
  | { readonly kind: "input"; readonly name: string; readonly role: "data" | "parameter" }
  | { readonly kind: "constant"; readonly value: HostTensor }
  | { readonly kind: "operation"; readonly operation: Operation; readonly index: number };

let nextId = 0;

/** A value of the graph: a dtype, a shape with named sizes, and where it comes from. Immutable. */
export class Tensor {
  /** Increases in order of creation, so that sources precede the tensors made from them. */
  readonly id: number;
  readonly dtype: DType;
  readonly shape: Shape;
  /** @internal an input, a constant or an output of an operation */
  readonly source: Source;

  /** @internal for `input`, `parameter`, `constant` and operators */
  constructor(dtype: DType, shape: Shape, source: Source) {
    this.id = nextId++;
    this.dtype = dtype;
    this.shape = shape;
    this.source = source;
  }

  /** Number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  /** Size of `axis`; negative axes count from the end. */
  axis(axis: number): Dimension {
    const size = this.shape[axis < 0 ? axis + this.rank : axis];
    if (size === undefined) {
      throw new GraphError({
        code: "graph/no-such-axis",
        message: `axis: a tensor of shape ${formatShape(this.shape)} has no axis ${axis}`,
        remedy: `Use an axis from ${-this.rank} to ${this.rank - 1}.`,
      });
    }
    return size;
  }
}

/** Throws unless every size is a whole number or a named size, sums and products of these in canonical order. */
function sized(name: string, shape: Shape): Shape {
  for (const size of shape) {
    const valid = typeof size === "number" ? Number.isInteger(size) && size >= 0 : isDimension(size);
    if (valid) continue;
    throw new GraphError({
      code: "graph/bad-size",
      message: `input: '${name}' cannot have the size '${size}' in ${formatShape(shape)}`,
      place: name,
      remedy:
        "Use a number from 0, a name such as 'batch', or what addDimensions and multiplyDimensions give.",
      value: size,
    });
  }
  return shape;
}

const NAME = /^[A-Za-z_][\w.\-/]*$/;

/** Returns `name` if it is a valid tensor name, otherwise throws. */
export function named(name: string): string {
  if (!NAME.test(name)) {
    throw new GraphError({
      code: "graph/bad-name",
      message: `input: '${name}' cannot name a tensor`,
      remedy: "Use letters, digits, '.', '_', '-' and '/', beginning with a letter or '_'.",
    });
  }
  return name;
}

/** A value passed at every run. Strings in `shape` name sizes that are read from the passed tensor, e.g. `["batch", "length"]`. */
export function input(name: string, dtype: DType, shape: Shape): Tensor {
  return new Tensor(dtype, sized(name, shape), { kind: "input", name: named(name), role: "data" });
}

/** A trained value: also an input (never stored in the graph), with a fixed shape and dtype float32. */
export function parameter(name: string, shape: readonly number[]): Tensor {
  return new Tensor("float32", sized(name, shape), { kind: "input", name: named(name), role: "parameter" });
}

/** A value stored in the graph. */
export function constant(value: HostTensor): Tensor {
  return new Tensor(value.dtype, value.shape, { kind: "constant", value });
}

/** A float32 number. */
export function scalar(value: number): Tensor {
  return constant(hostTensor("float32", [], [value]));
}

/** The number in `tensor` if it is a constant with one element, else undefined. */
export function constantNumber(tensor: Tensor): number | undefined {
  if (tensor.source.kind !== "constant" || tensor.source.value.data.length !== 1) return undefined;
  return Number(tensor.source.value.data[0]);
}

/** The name of `tensor` if it is a parameter, else undefined. */
export function parameterName({ source }: Tensor): string | undefined {
  return source.kind === "input" && source.role === "parameter" ? source.name : undefined;
}

/** Applies an operator; for the files in `operators/`. */
export function apply<Attributes>(
  definition: OperatorDefinition<Attributes>,
  inputs: readonly Tensor[],
  attributes: Attributes,
  outputs: readonly { readonly dtype: DType; readonly shape: Shape }[],
): readonly Tensor[] {
  const made: Tensor[] = [];
  const operation: Operation<Attributes> = { definition, inputs, outputs: made, attributes };
  outputs.forEach(({ dtype, shape }, index) => {
    made.push(new Tensor(dtype, shape, { kind: "operation", operation: operation as Operation, index }));
  });
  return made;
}
