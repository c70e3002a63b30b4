// Writes small ONNX models node by node for the engine itself: copies between devices.
// Networks are built in src/graph, which checks shapes and computes gradients.
import type { HostTensor } from "../graph/host-tensor.ts";
import { encodeModel as encode, type ModelValue } from "../graph/onnx-messages.ts";
import type { OnnxNode } from "../graph/onnx-node.ts";

export interface ModelGraph {
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly ModelValue[];
  readonly outputs: readonly ModelValue[];
  readonly constants?: Readonly<Record<string, HostTensor>>;
}

/** One node: operator, names of its inputs and outputs, integer attributes. */
export function node(
  type: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, number | readonly number[]>> = {},
): OnnxNode {
  return { type, domain: "", inputs, outputs, attributes };
}

/** The bytes of a model with one graph. */
export function encodeModel({ constants = {}, ...graph }: ModelGraph): Uint8Array {
  return encode({ ...graph, constants: Object.entries(constants) });
}
