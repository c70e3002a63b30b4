// Symbolic tensors, operators with gradients, and ONNX models made from them.
export type {
  Dimension,
  Shape,
} from "./dimension.ts";
export { gradients } from "./gradients.ts";
export {
  type DType,
  type HostArray,
  type HostData,
  type HostTensor,
  hostTensor,
  zeros,
} from "./host-tensor.ts";
export type { Spelling } from "./lowering.ts";
export type { TensorSpec } from "./onnx-node.ts";
export {
  absolute,
  cos,
  exp,
  gelu,
  leakyRelu,
  log,
  logSoftmax,
  negate,
  quickGelu,
  relu,
  sigmoid,
  sin,
  softmax,
  sqrt,
  tanh,
  tanhGelu,
} from "./operators/activation.ts";
export type { ReductionOptions } from "./operators/broadcasting.ts";
export { broadcastTo, reduceSum, sumToShape } from "./operators/broadcasting.ts";
export type { Conv2dOptions } from "./operators/convolution.ts";
export { averagePool2d, conv2d, maxPool2d } from "./operators/convolution.ts";
export type { Operand } from "./operators/elementwise.ts";
export {
  add,
  cast,
  divide,
  equal,
  greater,
  less,
  multiply,
  stopGradient,
  subtract,
  where,
} from "./operators/elementwise.ts";
export { type GatherOptions, gatherRows, iota, oneHot, takeAlongLastAxis } from "./operators/indexing.ts";
export { chainLogPartition } from "./operators/linear-chain.ts";
export { linear, type MatmulOptions, matmul } from "./operators/matrix.ts";
export { layerNorm } from "./operators/normalization.ts";
export { argMax, countOf, cumulativeSum, reduceMax, reduceMean } from "./operators/reduction.ts";
export { concatenate, filled, reshape, slice, split, transpose } from "./operators/shape.ts";
export { type Program, type SerializeOptions, serialize } from "./serialize.ts";
export { constant, input, parameter, scalar, Tensor } from "./tensor.ts";
