// Converts tensors of any dtype to float32: weights are often published in half precision, and relata computes in float32.
import { EngineError } from "../base/errors.ts";
import type { HostTensor } from "../graph/host-tensor.ts";

/**
 * Returns the tensor as float32: the same tensor if it already is, otherwise a converted copy. int64 beyond 2^24 loses its last bits.
 */
export function toFloat32(tensor: HostTensor): HostTensor<"float32"> {
  const { dtype, shape } = tensor;
  switch (dtype) {
    case "float32":
      return tensor as HostTensor<"float32">;
    case "float16":
      return { dtype: "float32", shape, data: convertHalf(tensor.data as Uint16Array) };
    case "bfloat16":
      return { dtype: "float32", shape, data: convertBrainFloat(tensor.data as Uint16Array) };
    case "int64":
      return { dtype: "float32", shape, data: Float32Array.from(tensor.data as BigInt64Array, Number) };
    case "int32":
    case "uint8":
    case "int8":
    case "bool":
      return { dtype: "float32", shape, data: Float32Array.from(tensor.data as Int32Array) };
    default:
      dtype satisfies never;
      throw new EngineError({
        code: "engine/unsupported-dtype",
        message: `unknown dtype: ${String(dtype)}`,
        value: dtype,
        remedy: "Make tensors with hostTensor().",
      });
  }
}

/** bfloat16 is the upper half of a float32. */
function convertBrainFloat(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) words[i] = (bits[i] as number) << 16;
  return new Float32Array(words.buffer);
}

let halfTable: Float32Array | undefined; // all 65536 halves, made on first use

function convertHalf(bits: Uint16Array): Float32Array<ArrayBuffer> {
  halfTable ??= Float32Array.from({ length: 65536 }, (_, half) => halfToNumber(half));
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) values[i] = halfTable[bits[i] as number] as number;
  return values;
}

/** IEEE 754 binary16: sign, 5 bits of exponent with bias 15, 10 bits of fraction. */
function halfToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
