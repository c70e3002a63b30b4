// Weights for the way over a network: in single or half precision, or as eight-bit integers with a scale per row. They are expanded to
// float32 where they arrive, so a graph is the same whatever its weights came in.
import { EngineError } from "../base/errors.ts";
import { elementCount, type HostTensor } from "../graph/host-tensor.ts";
import { toFloat32 } from "./to-float32.ts";

/** How weights are stored: 4, 2 or about 1 byte each. */
export type StoredPrecision = "fp32" | "fp16" | "int8";

/** A weight in packed bytes. */
export interface PackedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly precision: StoredPrecision;
  /** Where its float32 values belong in the expanded bytes. */
  readonly offset: number;
}

/** Packed tensors begin at multiples of this. */
const ALIGNMENT = 4;
/** Smaller tensors, and those of one axis (biases, normalisation), stay float32: they cost little and matter much. */
const SMALLEST_REDUCED = 4096;
const LARGEST_STEP = 127;
const LARGEST_HALF = 65_504;

/** How a weight of this shape is stored where `wanted` is asked for. */
export function storedAs(shape: readonly number[], wanted: StoredPrecision): StoredPrecision {
  return shape.length >= 2 && elementCount(shape) >= SMALLEST_REDUCED ? wanted : "fp32";
}

/** Bytes of a packed tensor. */
export function packedBytes({ shape, precision }: Pick<PackedTensor, "shape" | "precision">): number {
  const count = elementCount(shape);
  switch (precision) {
    case "fp32":
      return 4 * count;
    case "fp16":
      return aligned(2 * count);
    case "int8":
      return 4 * rowsOf(shape) + aligned(count);
    default:
      return precision satisfies never;
  }
}

/**
 * Packs one weight.
 *
 * @throws EngineError `engine/not-packable` for a value that is not finite, or too large for half precision
 */
export function packTensor(
  { name, shape, precision }: Pick<PackedTensor, "name" | "shape" | "precision">,
  { data }: HostTensor<"float32">,
): Uint8Array {
  const packed = new Uint8Array(packedBytes({ shape, precision }));
  const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0); // NaN propagates
  if (!Number.isFinite(largest)) throw notPackable(name, "contains a value that is not finite");
  switch (precision) {
    case "fp32":
      new Float32Array(packed.buffer).set(data);
      break;
    case "fp16": {
      if (largest > LARGEST_HALF)
        throw notPackable(name, `contains ${largest}, which half precision cannot hold`);
      const halves = new Uint16Array(packed.buffer, 0, data.length);
      for (let i = 0; i < data.length; i++) halves[i] = toHalf(data[i] as number);
      break;
    }
    case "int8": {
      const rows = rowsOf(shape);
      const width = data.length / rows;
      const scales = new Float32Array(packed.buffer, 0, rows);
      const steps = new Int8Array(packed.buffer, 4 * rows, data.length);
      for (let row = 0; row < rows; row++) {
        const values = data.subarray(row * width, (row + 1) * width);
        const scale = Math.fround(
          values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / LARGEST_STEP,
        );
        scales[row] = scale;
        if (scale > 0)
          for (let i = 0; i < width; i++) steps[row * width + i] = Math.round((values[i] as number) / scale);
      }
      break;
    }
    default:
      precision satisfies never;
  }
  return packed;
}

/** Expands packed tensors, which follow one another in `packed`, to float32 at their offsets; returns the bytes. */
export function unpackTensors(
  tensors: readonly PackedTensor[],
  packed: Uint8Array<ArrayBuffer>,
  bytes: number,
): Uint8Array<ArrayBuffer> {
  const expanded = new Uint8Array(bytes);
  let at = 0;
  for (const tensor of tensors) {
    const count = elementCount(tensor.shape);
    const target = new Float32Array(expanded.buffer, tensor.offset, count);
    const from = packed.byteOffset + at;
    switch (tensor.precision) {
      case "fp32":
        expanded.set(packed.subarray(at, at + 4 * count), tensor.offset);
        break;
      case "fp16": {
        const halves = {
          dtype: "float16",
          shape: [count],
          data: new Uint16Array(packed.buffer, from, count),
        } as const;
        target.set(toFloat32(halves).data);
        break;
      }
      case "int8": {
        const rows = rowsOf(tensor.shape);
        const width = count / rows;
        const scales = new Float32Array(packed.buffer, from, rows);
        const steps = new Int8Array(packed.buffer, from + 4 * rows, count);
        for (let i = 0; i < count; i++)
          target[i] = (steps[i] as number) * (scales[Math.floor(i / width)] as number);
        break;
      }
      default:
        tensor.precision satisfies never;
    }
    at += packedBytes(tensor);
  }
  return expanded;
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/** A row has a scale of its own: an output of a linear layer or a convolution, a word of a table. */
function rowsOf(shape: readonly number[]): number {
  return shape[0] ?? 1;
}

const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

/** The nearest IEEE 754 binary16, halves to even, of a number that it can hold. */
function toHalf(value: number): number {
  single[0] = value;
  const bits = singleBits[0] as number;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = Math.abs(single[0] as number);
  if (magnitude < 2 ** -14) return sign | toEven(magnitude * 2 ** 24); // subnormal: multiples of 2^-24
  const exponent = ((bits >>> 23) & 0xff) - 127;
  const steps = toEven(magnitude * 2 ** (10 - exponent)); // 1024 to 2048
  return sign | (((exponent + 15) << 10) + (steps - 1024)); // 2048 carries into the exponent
}

function toEven(value: number): number {
  const down = Math.floor(value);
  const rest = value - down;
  if (rest !== 0.5) return Math.round(value);
  return down % 2 === 0 ? down : down + 1;
}

function notPackable(name: string, problem: string): EngineError {
  return new EngineError({
    code: "engine/not-packable",
    message: `the weight '${name}' ${problem}`,
    place: name,
    remedy:
      "Export in fp32. If a value is not finite, the model is broken: use an earlier one, or train again.",
  });
}
