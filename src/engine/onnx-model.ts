// Writes small ONNX models node by node, for the engine's own needs: copies between devices and optimiser updates.
// Networks are not built here but in src/graph, which checks shapes and knows gradients.
import { create, toBinary } from "@bufbuild/protobuf";
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  type GraphProto,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "onnx-buf";
import type { HostTensor } from "../graph/host-tensor.ts";
import type { TensorSpec } from "../graph/onnx-messages.ts";
import { elementTypeCode } from "./element-type.ts";

const OPSET = 20n;
const IR_VERSION = 10n;

/** A value of the model; without a shape, any shape. */
export type ModelValue = Omit<TensorSpec, "shape"> & Partial<Pick<TensorSpec, "shape">>;

export interface ModelGraph {
  readonly nodes: readonly NodeProto[];
  readonly inputs: readonly ModelValue[];
  readonly outputs: readonly ModelValue[];
  readonly constants?: Readonly<Record<string, HostTensor>>;
}

/** One node: operator, names of its inputs and outputs, integer attributes. */
export function node(
  opType: string,
  input: readonly string[],
  output: readonly string[],
  attributes: Readonly<Record<string, number | readonly number[]>> = {},
): NodeProto {
  return create(NodeProtoSchema, {
    opType,
    input: [...input],
    output: [...output],
    name: `${opType}:${output[0]}`,
    attribute: Object.entries(attributes).map(([name, value]) =>
      typeof value === "number"
        ? create(AttributeProtoSchema, { name, type: AttributeType.INT, i: BigInt(value) })
        : create(AttributeProtoSchema, { name, type: AttributeType.INTS, ints: value.map(BigInt) }),
    ),
  });
}

/** The bytes of a model with one graph. */
export function encodeModel(graph: ModelGraph): Uint8Array {
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: IR_VERSION,
      producerName: "relata",
      opsetImport: [create(OperatorSetIdProtoSchema, { domain: "", version: OPSET })],
      graph: graphProto(graph),
    }),
  );
}

function graphProto(graph: ModelGraph): GraphProto {
  return create(GraphProtoSchema, {
    name: "relata",
    node: [...graph.nodes],
    input: graph.inputs.map(valueInfo),
    output: graph.outputs.map(valueInfo),
    initializer: Object.entries(graph.constants ?? {}).map(([name, { dtype, shape, data }]) =>
      create(TensorProtoSchema, {
        name,
        dataType: elementTypeCode(dtype),
        dims: shape.map(BigInt),
        rawData: new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength),
      }),
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
    elemType: elementTypeCode(dtype),
    ...(dim && { shape: create(TensorShapeProtoSchema, { dim }) }),
  });
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { value: { case: "tensorType", value: type } }),
  });
}
