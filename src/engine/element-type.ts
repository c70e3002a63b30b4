// The numbers by which onnxruntime knows element types, and how many bytes an element has.
import type { DType } from "../graph/host-tensor.ts";

/** ONNXTensorElementDataType of onnxruntime's C API. */
const CODES: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  bfloat16: 16,
};

const DTYPES = new Map(Object.entries(CODES).map(([dtype, code]) => [code, dtype as DType]));

export function elementTypeCode(dtype: DType): number {
  return CODES[dtype];
}

/** The dtype of an element type's number; undefined for types that relata does not know (text, float64, complex ...). */
export function dtypeOfCode(code: number): DType | undefined {
  return DTYPES.get(code);
}
