// Checks the tensors passed to a session, so that nothing invalid reaches native code.
import { EngineError } from "../base/errors.ts";
import type { DType, HostTensor } from "../graph/host-tensor.ts";
import { arrayClass, elementCount } from "../graph/host-tensor.ts";
import type { TensorSpec } from "../graph/onnx-node.ts";

/** Sizes of the named axes of one run, each with the input that set it. */
export type AxisSizes = Map<string, { readonly size: number; readonly from: string }>;

const NAMED_AXIS = /^[A-Za-z_]\w*$/; // expressions such as "16+length" are left to onnxruntime

/** Throws if `names` has a name that `specs` lacks, or (unless `partial`) lacks one that `specs` has. */
export function checkNames(
  place: string,
  role: "input" | "output",
  names: readonly string[],
  specs: ReadonlyMap<string, TensorSpec>,
  partial: boolean,
): void {
  for (const name of names) {
    if (specs.has(name)) continue;
    throw new EngineError({
      code: role === "input" ? "engine/unknown-input" : "engine/unknown-output",
      message: `${place}: the graph has no ${role} "${name}"`,
      place: name,
      value: name,
      remedy: `Its ${role}s are ${[...specs.keys()].map((known) => `"${known}"`).join(", ") || "none"}.`,
    });
  }
  if (partial || names.length === specs.size) return;
  const given = new Set(names);
  const missing = [...specs.keys()].filter((name) => !given.has(name));
  throw new EngineError({
    code: "engine/missing-input",
    message: `${place}: missing ${role}: ${missing.map((name) => `"${name}"`).join(", ")}`,
    place: missing.join(", "),
    value: missing,
    remedy: `Pass a tensor for every ${role} of the graph.`,
  });
}

/**
 * Throws unless the dtype and shape fit `spec`; named axes must have one size throughout a run.
 *
 * @param sizes sizes of named axes seen so far; inputs add to it, outputs are only compared with it
 */
export function checkFits(
  place: string,
  spec: TensorSpec,
  tensor: { readonly dtype: DType; readonly shape: readonly number[] },
  sizes: AxisSizes,
  role: "input" | "output",
): void {
  const { name } = spec;
  if (tensor.dtype !== spec.dtype) {
    throw new EngineError({
      code: "engine/wrong-dtype",
      message: `${place}: ${role} "${name}" is ${spec.dtype}, got ${tensor.dtype}`,
      place: name,
      value: tensor.dtype,
      remedy: `Pass a ${spec.dtype} tensor.`,
    });
  }
  if (tensor.shape.length !== spec.shape.length)
    throw wrongShape(place, spec, tensor.shape, role, "the number of axes differs");
  for (const [axis, size] of tensor.shape.entries()) {
    const wanted = spec.shape[axis];
    if (!Number.isSafeInteger(size) || size < 0) {
      throw wrongShape(place, spec, tensor.shape, role, `axis ${axis} has no valid size`);
    }
    if (typeof wanted === "number") {
      if (wanted !== size)
        throw wrongShape(place, spec, tensor.shape, role, `axis ${axis} must be ${wanted}`);
    } else if (wanted !== undefined && NAMED_AXIS.test(wanted)) {
      const known = sizes.get(wanted);
      if (known !== undefined && known.size !== size) {
        const reason = `axis ${axis} ("${wanted}") is ${known.size} in "${known.from}"`;
        throw wrongShape(place, spec, tensor.shape, role, reason);
      }
      if (role === "input") sizes.set(wanted, { size, from: name });
    }
  }
}

function wrongShape(
  place: string,
  spec: TensorSpec,
  shape: readonly number[],
  role: string,
  reason: string,
): EngineError {
  return new EngineError({
    code: "engine/wrong-shape",
    message: `${place}: ${role} "${spec.name}" has shape [${spec.shape.join(", ")}], got [${shape.join(", ")}]: ${reason}`,
    place: spec.name,
    value: shape,
    remedy: "Pass a tensor whose shape fits the graph.",
  });
}

/** Throws unless the typed array has the type for its dtype and the length of its shape, and is neither detached nor resizable. */
export function checkMemory(place: string, name: string, tensor: HostTensor): void {
  const { data, dtype, shape } = tensor;
  const Class = arrayClass(dtype);
  if (!(data instanceof Class)) {
    throw new EngineError({
      code: "engine/wrong-array",
      message: `${place}: "${name}": ${dtype} elements are held in a ${Class?.name}, got ${className(data)}`,
      place: name,
      value: className(data),
      remedy: "Make tensors with hostTensor().",
    });
  }
  if (isDetached(data.buffer)) {
    throw new EngineError({
      code: "engine/detached-buffer",
      message: `${place}: "${name}": its ArrayBuffer is detached (transferred to another thread or message)`,
      place: name,
      remedy: "Copy the tensor before transferring its buffer, or use the buffer's new owner.",
    });
  }
  if ((data.buffer as { resizable?: boolean }).resizable === true) {
    throw new EngineError({
      code: "engine/resizable-buffer",
      message: `${place}: "${name}": its ArrayBuffer is resizable, so its memory could vanish during a run`,
      place: name,
      remedy: "Use an ArrayBuffer of fixed length.",
    });
  }
  const count = elementCount(shape);
  if (data.length !== count) {
    throw new EngineError({
      code: "engine/wrong-element-count",
      message: `${place}: "${name}": shape [${shape.join(", ")}] has ${count} elements, but the data has ${data.length}`,
      place: name,
      value: data.length,
      remedy: "Give as many elements as the shape has.",
    });
  }
}

function className(value: unknown): string {
  return value === null || value === undefined ? String(value) : (value as object).constructor.name;
}

/** Node 20 has no `ArrayBuffer.prototype.detached`; instead, creating a view of a detached buffer throws. */
function isDetached(buffer: ArrayBufferLike): boolean {
  if (buffer.byteLength > 0) return false;
  try {
    new Uint8Array(buffer);
    return false;
  } catch (error) {
    if (error instanceof TypeError) return true;
    throw error;
  }
}
