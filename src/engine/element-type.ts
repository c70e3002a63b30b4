// Maps element types to onnxruntime's numbers and back.
import { ELEMENT_TYPES } from "../graph/element-type.ts";
import type { DType } from "../graph/host-tensor.ts";

const DTYPES = new Map(Object.entries(ELEMENT_TYPES).map(([dtype, code]) => [code, dtype as DType]));

export function elementTypeCode(dtype: DType): number {
  return ELEMENT_TYPES[dtype];
}

/** The dtype for an element type's number; undefined for types that relata does not handle (text, float64, complex ...). */
export function dtypeOfCode(code: number): DType | undefined {
  return DTYPES.get(code);
}
