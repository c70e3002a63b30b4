// Numbers of element types in ONNX files and onnxruntime.
import type { DType } from "./host-tensor.ts";

/** TensorProto.DataType of ONNX; identical to ONNXTensorElementDataType in onnxruntime's C API. */
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
