// OrtValues: onnxruntime's handles on tensors, created around our memory or read back from onnxruntime's.
import { EngineError } from "../base/errors.ts";
import { arrayClass, type DType, elementCount, type HostTensor } from "../graph/host-tensor.ts";
import type { TensorSpec } from "../graph/onnx-node.ts";
import { dtypeOfCode, elementTypeCode } from "./element-type.ts";
import type { Environment } from "./environment.ts";
import { addressOf, type OrtApi, type Pointer, pointerAt, stringAt, viewAt } from "./ort-api.ts";

const EMPTY = new Float64Array(8); // memory for tensors without elements: onnxruntime refuses a null pointer

/**
 * An OrtValue around the memory of `tensor` (no copy). Release it with ReleaseValue and keep `tensor` reachable until then.
 */
export function wrapTensor(environment: Environment, place: string, tensor: HostTensor): Pointer {
  const { data, shape, dtype } = tensor;
  return environment.api.create(
    "CreateTensorWithDataAsOrtValue",
    place,
    environment.cpuMemory,
    data.byteLength === 0 ? EMPTY : data,
    data.byteLength,
    BigInt64Array.from(shape, BigInt),
    shape.length,
    elementTypeCode(dtype),
  );
}

/** Copies a tensor in CPU memory that onnxruntime allocated. */
export function copyTensor(api: OrtApi, place: string, value: Pointer): HostTensor {
  const { dtype, shape } = describe(api, place, value);
  const Class = arrayClass(dtype) as Float32ArrayConstructor;
  const data = new Class(elementCount(shape));
  if (data.length > 0) {
    const address = api.create("GetTensorMutableData", place, value);
    data.set(new Class(viewAt(address, data.byteLength)));
  }
  return { dtype, shape, data } as HostTensor;
}

/** The dtype and shape of an OrtValue. */
function describe(api: OrtApi, place: string, value: Pointer): { dtype: DType; shape: number[] } {
  const info = api.create("GetTensorTypeAndShape", place, value);
  try {
    const { dtype, shape } = readTypeAndShape(api, place, info, place);
    return { dtype, shape: shape.map(Number) };
  } finally {
    api.call("ReleaseTensorTypeAndShapeInfo", place, info);
  }
}

/** Name, dtype and shape of every input or output of a session; unnamed unknown sizes read "?". */
export function readSpecs(
  environment: Environment,
  place: string,
  session: Pointer,
  role: "Input" | "Output",
): TensorSpec[] {
  const { api } = environment;
  const count = Number(api.create(`SessionGet${role}Count`, place, session));
  return Array.from({ length: count }, (_, index) => {
    const text = api.create(`SessionGet${role}Name`, place, session, index, environment.allocator);
    const name = stringAt(text);
    api.call("AllocatorFree", place, environment.allocator, text);
    const type = api.create(`SessionGet${role}TypeInfo`, place, session, index);
    try {
      const info = api.create("CastTypeInfoToTensorInfo", place, type); // owned by `type`
      if (info === 0n) throw unsupported(place, role, name, "not a tensor");
      return { name, ...readTypeAndShape(api, place, info, `${role.toLowerCase()} "${name}"`) };
    } finally {
      api.call("ReleaseTypeInfo", place, type);
    }
  });
}

function readTypeAndShape(
  api: OrtApi,
  place: string,
  info: Pointer,
  what: string,
): { dtype: DType; shape: (number | string)[] } {
  const slot = new Int32Array(1);
  api.call("GetTensorElementType", place, info, slot);
  const code = slot[0] ?? 0;
  const dtype = dtypeOfCode(code);
  if (dtype === undefined) throw unsupported(place, "", what, `element type ${code}`);
  const rank = Number(api.create("GetDimensionsCount", place, info));
  if (rank === 0) return { dtype, shape: [] };
  const sizes = new BigInt64Array(rank);
  api.call("GetDimensions", place, info, sizes, rank);
  const shape = Array.from(sizes, Number) as (number | string)[];
  if (shape.every((size) => Number(size) >= 0)) return { dtype, shape };
  const names = new BigUint64Array(rank);
  api.call("GetSymbolicDimensions", place, info, names, rank);
  const list = addressOf(names);
  return {
    dtype,
    shape: shape.map((size, axis) => (Number(size) >= 0 ? size : stringAt(pointerAt(list, axis)) || "?")),
  };
}

function unsupported(place: string, role: string, name: string, what: string): EngineError {
  return new EngineError({
    code: "engine/unsupported-dtype",
    message: `${place}: ${role ? `${role.toLowerCase()} "${name}"` : name} is ${what}, which relata does not handle`,
    place: name,
    value: what,
    remedy:
      "Use a graph whose inputs and outputs are float32, float16, bfloat16, int64, int32, uint8, int8 or bool tensors.",
  });
}
