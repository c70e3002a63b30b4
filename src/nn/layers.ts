// Layers that carry parameters: linear, layer normalisation, embedding. Names and shapes follow PyTorch's modules.
import { type GatherOptions, gatherRows } from "../graph/operators/indexing.ts";
import { linear } from "../graph/operators/matrix.ts";
import { layerNorm } from "../graph/operators/normalization.ts";
import type { Tensor } from "../graph/tensor.ts";
import { withAdapter } from "./low-rank.ts";
import { fanInUniform, type Initializer, type ParameterScope } from "./parameter-scope.ts";

/**
 * y = x W^T + b with `weight` [outputSize, inputSize] and `bias` [outputSize]: [..., inputSize] -> [..., outputSize]; plus a low-rank adapter
 * where the scope has one for this layer.
 */
export function linearLayer(
  scope: ParameterScope,
  x: Tensor,
  inputSize: number,
  outputSize: number,
  options: { readonly bias?: boolean; readonly initializer?: Initializer } = {},
): Tensor {
  const weight = scope.parameter(
    "weight",
    [outputSize, inputSize],
    options.initializer ?? fanInUniform(inputSize),
  );
  const bias = options.initializer ? ({ kind: "zeros" } as const) : fanInUniform(inputSize);
  const output =
    options.bias === false
      ? linear(x, weight)
      : linear(x, weight, scope.parameter("bias", [outputSize], bias));
  const { adapters } = scope;
  return adapters?.adapts(scope.prefix) === true ? withAdapter(scope, x, output, adapters) : output;
}

/** Layer normalisation of the last axis with `weight` and `bias` [size]. */
export function layerNormLayer(scope: ParameterScope, x: Tensor, size: number, epsilon: number): Tensor {
  return layerNorm(
    x,
    scope.parameter("weight", [size], { kind: "ones" }),
    scope.parameter("bias", [size], { kind: "zeros" }),
    epsilon,
  );
}

/** Rows of the table `weight` [rows, size] at int64 `indices` [...]: [..., size]. */
export function embedding(
  scope: ParameterScope,
  indices: Tensor,
  rows: number,
  size: number,
  options: GatherOptions & { readonly deviation?: number } = {},
): Tensor {
  const { deviation = 0.02, ...gather } = options;
  return gatherRows(scope.parameter("weight", [rows, size], { kind: "normal", deviation }), indices, gather);
}
