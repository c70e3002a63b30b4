// Tensors in host memory: a dtype, a shape and a typed array with the elements in row-major order.
import { GraphError } from "../base/errors.ts";

/** Element types of graphs, sessions and weight files. float16 and bfloat16 are stored as their 16 bits. */
export type DType = "float32" | "float16" | "bfloat16" | "int64" | "int32" | "uint8" | "int8" | "bool";

const ARRAYS = {
  float32: Float32Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  uint8: Uint8Array,
  int8: Int8Array,
  bool: Uint8Array,
} as const;

/** Backed by an ArrayBuffer or a SharedArrayBuffer. */
export type HostArray<D extends DType> = (typeof ARRAYS)[D]["prototype"];
/** Values of a tensor of any element type. */
export type HostData = HostArray<DType>;

/** A dense row-major tensor in host memory; `data.length` is the product of `shape`. */
export interface HostTensor<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: HostArray<D>;
}

/** Number of elements of a shape; 1 for a scalar (`[]`). */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** The typed array class for elements of `dtype`. */
export function arrayClass<D extends DType>(dtype: D): (typeof ARRAYS)[D] {
  return ARRAYS[dtype];
}

/** A zero-filled tensor of `shape`. */
export function zeros<D extends DType>(dtype: D, shape: readonly number[]): HostTensor<D> {
  const data = new ARRAYS[dtype](elementCount(shape)) as HostArray<D>;
  return { dtype, shape, data };
}

/**
 * A tensor around `data` (not copied), or around a typed array made from plain numbers.
 *
 * @throws GraphError `graph/wrong-element-count` if the number of elements does not match the shape,
 * `graph/wrong-array` if the typed array is not that of `dtype`.
 */
export function hostTensor<D extends DType>(
  dtype: D,
  shape: readonly number[],
  data: HostArray<D> | readonly number[],
): HostTensor<D> {
  const Class = ARRAYS[dtype];
  let array: HostData;
  if (Array.isArray(data)) {
    array =
      dtype === "int64"
        ? BigInt64Array.from(data as readonly number[], (x) => BigInt(x))
        : (Class as Float32ArrayConstructor).from(data as readonly number[]);
  } else {
    array = data as HostData;
  }
  if (!(array instanceof Class)) {
    throw new GraphError({
      code: "graph/wrong-array",
      message: `hostTensor: ${dtype} elements are held in a ${Class.name}, got a ${(array as object).constructor.name}`,
      remedy: `Pass a ${Class.name} or an array of numbers.`,
    });
  }
  if (array.length !== elementCount(shape)) {
    throw new GraphError({
      code: "graph/wrong-element-count",
      message: `hostTensor: shape [${shape.join(", ")}] has ${elementCount(shape)} elements, but the data has ${array.length}`,
      remedy: "Give as many elements as the shape has.",
    });
  }
  return { dtype, shape, data: array as HostArray<D> };
}
