// The numbers by which ONNX files and onnxruntime know element types.
import type { DType } from "./host-tensor.ts";

/** TensorProto.DataType of ONNX, which ONNXTensorElementDataType of onnxruntime's C API equals. */
export const ELEMENT_TYPES: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  bfloat16: 16,
};
