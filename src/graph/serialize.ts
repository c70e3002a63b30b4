// Writes a graph as an ONNX model: collects the tensors that the outputs depend on, lowers them for a device and encodes them.
import { GraphError } from "../base/errors.ts";
import { formatShape, type Shape, sameShape } from "./dimension.ts";
import { arrayClass, elementCount, type HostTensor } from "./host-tensor.ts";
import { Lowering, type Spelling } from "./lowering.ts";
import { encodeModel, type SuppliedSpec } from "./onnx-messages.ts";
import type { OnnxNode, TensorSpec } from "./onnx-node.ts";
import { inputsOf, reachable } from "./reachable.ts";
import { named, parameterName, type Tensor } from "./tensor.ts";

const MAX_MODEL_BYTES = 2 ** 31 - 1; // protobuf's limit

/** A graph as an ONNX model. */
export interface Program {
  readonly bytes: Uint8Array;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /** Constants whose values are passed to `Runtime.createSession`; only with `supplyParameters`. */
  readonly supplied: readonly SuppliedSpec[];
  /** Parameters that are quantised in `supplied`, under the names of `quantizedNames`. */
  readonly quantized: readonly string[];
  /** Number of ONNX nodes of the model. */
  readonly nodeCount: number;
}

/** How a graph becomes an ONNX model. */
export interface SerializeOptions {
  /** Default "cpu". */
  readonly spelling?: Spelling;
  readonly graphName?: string;
  /** Values of parameters, stored in the model instead of an input, for a model that needs no other file. */
  readonly weights?: ReadonlyMap<string, HostTensor>;
  /**
   * Gradients of large tables start from inputs of zeros, named "zeros/" and the parameter's name, instead of zeros made by the graph.
   * Bind the gradient's memory to both: then only the rows of the batch are written, and only those rows need zeroing before the next
   * run.
   */
  readonly zeroInputs?: boolean;
  /**
   * Parameters are constants passed to the session separately from the model (`Program.supplied`) instead of inputs: onnxruntime then
   * rearranges them for its kernels once rather than at every run.
   */
  readonly supplyParameters?: boolean;
  /** Name of a file beside the model that holds the supplied parameters, one after another as `Program.supplied` says. Needs `supplyParameters`. */
  readonly weightFile?: string;
  /** Weights [out, in] of linear layers that are supplied quantised (`quantizeWeight`). Needs `supplyParameters` and "cpu". */
  readonly quantize?: (weight: string, shape: Shape) => boolean;
}

/**
 * Writes the graph that computes `outputs`. Its inputs are those that the outputs depend on, including parameters.
 *
 * @throws GraphError `graph/duplicate-input` when two different inputs share a name, `graph/duplicate-output` when an output has
 * an input's name, `graph/wrong-weight` when a stored weight has another dtype or shape, `graph/too-large` beyond 2 GiB,
 * `graph/unknown-size` when a named size cannot be read from any input, `graph/cannot-quantize` with a spelling
 * other than "cpu" or without `supplyParameters`.
 */
export function serialize(
  outputs: Readonly<Record<string, Tensor>>,
  options: SerializeOptions = {},
): Program {
  const tensors = reachable(Object.values(outputs));
  const { inputs, symbols } = inputsOf(tensors);
  const spelling = options.spelling ?? "cpu";
  if (options.quantize !== undefined && (spelling !== "cpu" || options.supplyParameters !== true)) {
    throw new GraphError({
      code: "graph/cannot-quantize",
      message: `serialize: eight-bit layers need the spelling "cpu" and supplied parameters, but the spelling is "${spelling}"`,
      remedy: "Predict in float32 on other devices, and set supplyParameters.",
      value: spelling,
    });
  }
  const lowering = new Lowering(spelling, symbols, {
    takesZeros: options.zeroInputs === true,
    ...(options.quantize === undefined ? {} : { quantizes: options.quantize }),
  });
  const stored = options.weights ?? new Map<string, HostTensor>();
  for (const tensor of tensors) {
    switch (tensor.source.kind) {
      case "input":
        lowering.bind(tensor, tensor.source.name);
        break;
      case "constant":
        lowering.bind(tensor, lowering.constant(tensor.source.value));
        break;
      case "operation": {
        if (tensor.source.index !== 0) break;
        const { operation } = tensor.source;
        const names = operation.definition.lower(operation, lowering);
        operation.outputs.forEach((output, i) => {
          const name = names[i];
          if (name !== undefined) lowering.bind(output, name);
        });
        break;
      }
      default:
        tensor.source satisfies never;
    }
  }

  const nodes: OnnxNode[] = withoutUnreadIndices(lowering.nodes);
  const outputSpecs: TensorSpec[] = [];
  for (const [name, tensor] of Object.entries(outputs)) {
    if (inputs.has(named(name))) {
      throw new GraphError({
        code: "graph/duplicate-output",
        message: `serialize: '${name}' is the name of both an input and an output`,
        place: name,
        remedy: "Give the output another name.",
      });
    }
    nodes.push({
      type: "Identity",
      domain: "",
      inputs: [lowering.name(tensor)],
      outputs: [name],
      attributes: {},
    });
    outputSpecs.push({ name, dtype: tensor.dtype, shape: tensor.shape });
  }
  const initializers = new Map(lowering.initializers);
  const inputSpecs: TensorSpec[] = [];
  const supplied: TensorSpec[] = [...lowering.quantized.values()].flat();
  const used = options.supplyParameters === true ? namesUsed(nodes) : new Set<string>();
  for (const [name, tensor] of inputs) {
    const spec = { name, dtype: tensor.dtype, shape: tensor.shape };
    const weight = stored.get(name);
    if (weight) initializers.set(name, checkedWeight(name, weight, tensor));
    else if (options.supplyParameters !== true || parameterName(tensor) === undefined) inputSpecs.push(spec);
    else if (used.has(name)) supplied.push(spec);
  }

  for (const { name, shape } of lowering.zeroInputs.values())
    inputSpecs.push({ name, dtype: "float32", shape });

  const storedBytes = [...initializers.values()].reduce((sum, value) => sum + value.data.byteLength, 0);
  if (storedBytes > MAX_MODEL_BYTES) {
    throw new GraphError({
      code: "graph/too-large",
      message: `serialize: ${storedBytes} bytes of constants do not fit into an ONNX file; the limit is ${MAX_MODEL_BYTES}`,
      remedy: "Keep the weights as inputs instead of storing them in the model.",
      value: storedBytes,
    });
  }
  const placed = options.weightFile === undefined ? supplied : inFile(supplied, options.weightFile);
  return {
    bytes: encodeModel({
      graphName: options.graphName,
      nodes: renamed(nodes, new Set(Object.keys(outputs))),
      inputs: inputSpecs,
      outputs: outputSpecs,
      constants: initializers,
      supplied: placed,
    }),
    inputs: inputSpecs,
    outputs: outputSpecs,
    supplied: placed,
    quantized: [...lowering.quantized.keys()],
    nodeCount: nodes.length,
  };
}

/** onnxruntime reads a tensor from any byte; 64 is a cache line. */
const ALIGNMENT = 64;

/** The constants one after another in one file. They have fixed shapes. */
function inFile(supplied: readonly TensorSpec[], file: string): SuppliedSpec[] {
  let next = 0;
  return supplied.map((spec) => {
    const length = elementCount(spec.shape as readonly number[]) * arrayClass(spec.dtype).BYTES_PER_ELEMENT;
    const offset = next;
    next = Math.ceil((offset + length) / ALIGNMENT) * ALIGNMENT;
    return { ...spec, stored: { file, offset, length } };
  });
}

function checkedWeight(name: string, weight: HostTensor, tensor: Tensor): HostTensor {
  if (weight.dtype === tensor.dtype && sameShape(weight.shape, tensor.shape)) return weight;
  throw new GraphError({
    code: "graph/wrong-weight",
    message: `serialize: '${name}' is ${tensor.dtype} ${formatShape(tensor.shape)}, but its stored value is ${weight.dtype} ${formatShape(weight.shape)}`,
    place: name,
    remedy: "Give the value in the shape and dtype the graph declares.",
  });
}

/** Positions of maxima that only a gradient would read; WebGPU cannot compute them. */
function withoutUnreadIndices(nodes: readonly OnnxNode[]): OnnxNode[] {
  const read = namesUsed(nodes);
  return nodes.map((node) => {
    const [values, indices] = node.outputs;
    const isUnread = node.type === "MaxPool" && indices !== undefined && !read.has(indices);
    return isUnread ? { ...node, outputs: [values!] } : node; // it has two outputs
  });
}

/** Every name that a node reads, including names in its subgraphs. */
function namesUsed(nodes: readonly OnnxNode[]): Set<string> {
  const names = new Set<string>();
  for (const { inputs, attributes } of nodes) {
    for (const name of inputs) names.add(name);
    for (const value of Object.values(attributes)) {
      if (typeof value === "object" && "graph" in value)
        for (const name of namesUsed(value.graph.nodes)) names.add(name);
    }
  }
  return names;
}

/** Renames the result of the node that makes an output to the output's name, which avoids a copy. */
function renamed(nodes: readonly OnnxNode[], outputNames: ReadonlySet<string>): OnnxNode[] {
  const producers = new Map<string, OnnxNode>();
  for (const node of nodes) for (const output of node.outputs) producers.set(output, node);
  const newName = new Map<string, string>();
  const dropped = new Set<OnnxNode>();
  for (const node of nodes) {
    if (!outputNames.has(node.outputs[0]!)) continue;
    const source = node.inputs[0]!;
    const target = node.outputs[0]!;
    if (!producers.has(source) || newName.has(source)) continue; // an input, a constant, or already returned under another name
    newName.set(source, target);
    dropped.add(node);
  }
  const rename = (name: string) => newName.get(name) ?? name;
  const renameNode = (node: OnnxNode): OnnxNode => ({
    ...node,
    inputs: node.inputs.map(rename),
    outputs: node.outputs.map(rename),
    attributes: Object.fromEntries(
      Object.entries(node.attributes).map(([name, value]) => [
        name,
        typeof value === "object" && "graph" in value
          ? { graph: { ...value.graph, nodes: value.graph.nodes.map(renameNode) } }
          : value,
      ]),
    ),
  });
  return nodes.filter((node) => !dropped.has(node)).map(renameNode);
}
