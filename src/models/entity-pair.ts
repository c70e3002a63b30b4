// Computes the feature of a mention: the mean of its tokens' states.

import type { Dimension } from "../graph/dimension.ts";
import { cast, divide, less, multiply, subtract, where } from "../graph/operators/elementwise.ts";
import { iota } from "../graph/operators/indexing.ts";
import { matmul } from "../graph/operators/matrix.ts";
import { reshape, slice } from "../graph/operators/shape.ts";
import { input, scalar, type Tensor } from "../graph/tensor.ts";

/**
 * Mean of the states [batch, length, hidden] in the half-open range of the int64 input `name` [batch, 2]: [batch, hidden]; zeros for an
 * empty range.
 */
export function meanOfSpan(hidden: Tensor, name: string): Tensor {
  const [batch, length, width] = hidden.shape as [Dimension, Dimension, number];
  const span = cast(input(name, "int64", [batch, 2]), "float32");
  const start = slice(span, 1, 0, 1);
  const end = slice(span, 1, 1, 2);
  const positions = reshape(cast(iota(length), "float32"), [1, length]);
  const inside = multiply(
    cast(less(positions, end), "float32"),
    subtract(1, cast(less(positions, start), "float32")),
  );
  const count = subtract(end, start);
  const weights = divide(inside, where(less(count, scalar(1)), 1, count)); // an empty range divides its zeros by 1
  return reshape(matmul(reshape(weights, [batch, 1, length]), hidden), [batch, width]);
}
