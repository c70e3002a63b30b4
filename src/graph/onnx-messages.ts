// Parts of a graph as ONNX protobuf messages (onnx-buf): nodes, attributes, tensors, declared values.
import { create } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as ElementType,
  GraphProtoSchema,
  NodeProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "onnx-buf";
import type { Shape } from "./dimension.ts";
import type { DType, HostTensor } from "./host-tensor.ts";
import type { AttributeValue, OnnxNode, Subgraph } from "./lowering.ts";

const ELEMENT_TYPES: Record<DType, ElementType> = {
  float32: ElementType.FLOAT,
  float16: ElementType.FLOAT16,
  bfloat16: ElementType.BFLOAT16,
  int64: ElementType.INT64,
  int32: ElementType.INT32,
  uint8: ElementType.UINT8,
  int8: ElementType.INT8,
  bool: ElementType.BOOL,
};

/** Name, dtype and shape of an input or output; texts in the shape name sizes. */
export interface TensorSpec {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
}

/** A node. */
export function nodeProto(node: OnnxNode) {
  return create(NodeProtoSchema, {
    opType: node.type,
    domain: node.domain,
    input: [...node.inputs],
    output: [...node.outputs],
    attribute: Object.entries(node.attributes).map(([name, value]) => attributeProto(name, value)),
  });
}

/** Values that go in and out of a subgraph are float32; their shapes are onnxruntime's to infer. */
function subgraphProto({ nodes, inputs, outputs }: Subgraph) {
  const float = (name: string) =>
    create(ValueInfoProtoSchema, {
      name,
      type: create(TypeProtoSchema, {
        value: { case: "tensorType", value: create(TypeProto_TensorSchema, { elemType: ElementType.FLOAT }) },
      }),
    });
  return create(GraphProtoSchema, {
    name: "body",
    node: nodes.map(nodeProto),
    input: inputs.map(float),
    output: outputs.map(float),
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

/** A stored constant. */
export function tensorProto(name: string, value: HostTensor): TensorProto {
  const { buffer, byteOffset, byteLength } = value.data;
  return create(TensorProtoSchema, {
    name,
    dims: value.shape.map((size) => BigInt(size)),
    dataType: ELEMENT_TYPES[value.dtype],
    rawData: new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength),
  });
}

/** A declared input or output. */
export function valueInfo(spec: TensorSpec): ValueInfoProto {
  return create(ValueInfoProtoSchema, {
    name: spec.name,
    type: create(TypeProtoSchema, {
      value: {
        case: "tensorType",
        value: create(TypeProto_TensorSchema, {
          elemType: ELEMENT_TYPES[spec.dtype],
          shape: create(TensorShapeProtoSchema, {
            dim: spec.shape.map((size) =>
              create(TensorShapeProto_DimensionSchema, {
                value:
                  typeof size === "number"
                    ? { case: "dimValue", value: BigInt(size) }
                    : { case: "dimParam", value: size },
              }),
            ),
          }),
        }),
      },
    }),
  });
}
