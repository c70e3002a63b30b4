// Encodes a graph of ONNX nodes as an ONNX file with onnx-buf. Does not interpret operators or shapes.
import { create, toBinary } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataLocation as DataLocation,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "onnx-buf";
import { ELEMENT_TYPES } from "./element-type.ts";
import type { HostTensor } from "./host-tensor.ts";
import type { AttributeValue, OnnxNode, Subgraph, TensorSpec } from "./onnx-node.ts";

const OPSET = 20n; // the first with a standard Gelu
const IR_VERSION = 10n;
const CONTRIBUTED = "com.microsoft"; // onnxruntime's own operators

/** A declared value; without a shape, any shape. */
export type ModelValue = Omit<TensorSpec, "shape"> & Partial<Pick<TensorSpec, "shape">>;

/** A model with one graph. */
export interface ModelParts {
  readonly graphName?: string | undefined;
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly ModelValue[];
  readonly outputs: readonly ModelValue[];
  readonly constants: Iterable<readonly [string, HostTensor]>;
  /** Constants whose values the caller supplies when it loads the model. */
  readonly supplied?: readonly SuppliedSpec[];
}

/** A constant whose values are not in the model; `stored` says where in which file they are, undefined that the loader has them. */
export interface SuppliedSpec extends TensorSpec {
  readonly stored?: { readonly file: string; readonly offset: number; readonly length: number } | undefined;
}

/** The bytes of an ONNX file. */
export function encodeModel(parts: ModelParts): Uint8Array {
  const { graphName, nodes, inputs, outputs, constants, supplied = [] } = parts;
  const graph = create(GraphProtoSchema, {
    name: graphName ?? "relata",
    node: nodes.map(nodeProto),
    input: inputs.map(valueInfo),
    output: outputs.map(valueInfo),
    initializer: [
      ...Array.from(constants, ([name, value]) => tensorProto(name, value)),
      ...supplied.map(suppliedTensorProto),
    ],
  });
  const opsets = [create(OperatorSetIdProtoSchema, { domain: "", version: OPSET })];
  if (nodes.some(({ domain }) => domain === CONTRIBUTED)) {
    opsets.push(create(OperatorSetIdProtoSchema, { domain: CONTRIBUTED, version: 1n }));
  }
  const model = create(ModelProtoSchema, {
    irVersion: IR_VERSION,
    producerName: "relata",
    graph,
    opsetImport: opsets,
  });
  return toBinary(ModelProtoSchema, model);
}

function nodeProto(node: OnnxNode) {
  return create(NodeProtoSchema, {
    opType: node.type,
    domain: node.domain,
    input: [...node.inputs],
    output: [...node.outputs],
    attribute: Object.entries(node.attributes).map(([name, value]) => attributeProto(name, value)),
  });
}

/** Inputs and outputs of a subgraph are float32; onnxruntime infers their shapes. */
function subgraphProto({ nodes, inputs, outputs }: Subgraph) {
  const declared = (name: string) => valueInfo({ name, dtype: "float32" });
  return create(GraphProtoSchema, {
    name: "body",
    node: nodes.map(nodeProto),
    input: inputs.map(declared),
    output: outputs.map(declared),
  });
}

function attributeProto(name: string, value: AttributeValue): AttributeProto {
  if (typeof value === "number")
    return create(AttributeProtoSchema, { name, type: AttributeType.INT, i: BigInt(value) });
  if (typeof value === "string") {
    const s = new TextEncoder().encode(value) as Uint8Array<ArrayBuffer>;
    return create(AttributeProtoSchema, { name, type: AttributeType.STRING, s });
  }
  if (Array.isArray(value)) {
    return create(AttributeProtoSchema, {
      name,
      type: AttributeType.INTS,
      ints: value.map((x: number) => BigInt(x)),
    });
  }
  if ("graph" in value) {
    return create(AttributeProtoSchema, { name, type: AttributeType.GRAPH, g: subgraphProto(value.graph) });
  }
  if ("float" in value)
    return create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f: value.float });
  return create(AttributeProtoSchema, {
    name,
    type: AttributeType.TENSOR,
    t: tensorProto("", value as HostTensor),
  });
}

function tensorProto(name: string, value: HostTensor): TensorProto {
  const { buffer, byteOffset, byteLength } = value.data;
  return create(TensorProtoSchema, {
    name,
    dims: value.shape.map((size) => BigInt(size)),
    dataType: ELEMENT_TYPES[value.dtype],
    rawData: new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength),
  });
}

/** A tensor marked as external; without a place, its file is never read, because the loader supplies the data. */
function suppliedTensorProto({ name, dtype, shape, stored }: SuppliedSpec): TensorProto {
  const entries = stored
    ? { location: stored.file, offset: String(stored.offset), length: String(stored.length) }
    : { location: "supplied" };
  return create(TensorProtoSchema, {
    name,
    dims: shape.map((size) => BigInt(size)),
    dataType: ELEMENT_TYPES[dtype],
    dataLocation: DataLocation.EXTERNAL,
    externalData: Object.entries(entries).map(([key, value]) =>
      create(StringStringEntryProtoSchema, { key, value }),
    ),
  });
}

function valueInfo({ name, dtype, shape }: ModelValue): ValueInfoProto {
  const dim = shape?.map((size) =>
    create(TensorShapeProto_DimensionSchema, {
      value:
        typeof size === "number"
          ? { case: "dimValue", value: BigInt(size) }
          : { case: "dimParam", value: size },
    }),
  );
  const type = create(TypeProto_TensorSchema, {
    elemType: ELEMENT_TYPES[dtype],
    ...(dim && { shape: create(TensorShapeProtoSchema, { dim }) }),
  });
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { value: { case: "tensorType", value: type } }),
  });
}
