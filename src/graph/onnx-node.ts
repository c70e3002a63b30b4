// The parts of an ONNX graph as plain values: nodes, attributes, and the names, dtypes and shapes of inputs and outputs.
import type { Shape } from "./dimension.ts";
import type { DType, HostTensor } from "./host-tensor.ts";

/** Name, dtype and shape of an input or output; strings in the shape are named sizes. */
export interface TensorSpec {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
}

/** A graph inside a node, such as the body of a Scan; it can use names of the enclosing graph. */
export interface Subgraph {
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** An attribute of a node; a plain number is written as an int. */
export type AttributeValue =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | HostTensor
  | { readonly graph: Subgraph };

/** One node of an ONNX graph; it reads and writes values by name. */
export interface OnnxNode {
  readonly type: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}
