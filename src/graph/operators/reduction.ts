// Means and maxima over axes, counts, running sums and the index of the maximum.
import { normalizeAxis, requireDType } from "../checks.ts";
import { type Dimension, productOf, type Shape } from "../dimension.ts";
import { hostTensor } from "../host-tensor.ts";
import { apply, constant, type OperatorDefinition, type Tensor } from "../tensor.ts";
import { broadcastTo, reduceSum, reduction } from "./broadcasting.ts";
import { cast, divide, equal, multiply } from "./elementwise.ts";

/** Mean over axes. */
export const reduceMean = reduction("reduceMean", "ReduceMean", (x, _y, g, axes) =>
  broadcastTo(divide(g, countOf(axes.map((axis) => x.shape[axis]!))), x.shape),
);

/** Maximum over axes; tied elements get equal shares of the gradient. */
export const reduceMax = reduction("reduceMax", "ReduceMax", (x, y, g, axes) => {
  const chosen = cast(equal(x, broadcastTo(y, x.shape)), "float32");
  return divide(multiply(chosen, g), reduceSum(chosen, { axes, keepDimensions: true }));
});

const countDefinition: OperatorDefinition<Dimension> = {
  name: "countOf",
  lower: ({ attributes }, lowering) => {
    const vector = lowering.node("Cast", [lowering.size(attributes)], { attributes: { to: 1 } });
    return [lowering.node("Squeeze", [vector, lowering.int64([0])])];
  },
};

/** The number of elements of `shape`, as a float32 scalar. */
export function countOf(shape: Shape): Tensor {
  const count = productOf(shape);
  if (typeof count === "number") return constant(hostTensor("float32", [], [count]));
  return apply(countDefinition, [], count, [{ dtype: "float32", shape: [] }])[0]!;
}

const cumulativeDefinition: OperatorDefinition<number> = {
  name: "cumulativeSum",
  lower: ({ inputs, attributes }, lowering) => [
    lowering.node("CumSum", [lowering.name(inputs[0]!), lowering.int64Scalar(attributes)]),
  ],
};

/** Running sum of an integer tensor along `axis`; no gradient. */
export function cumulativeSum(x: Tensor, axis: number): Tensor {
  requireDType("cumulativeSum", ["int64", "int32"], x);
  const normal = normalizeAxis("cumulativeSum", x, axis);
  return apply(cumulativeDefinition, [x], normal, [{ dtype: x.dtype, shape: x.shape }])[0]!;
}

const argMaxDefinition: OperatorDefinition<number> = {
  name: "argMax",
  lower: ({ inputs, attributes }, lowering) => [
    lowering.node("ArgMax", [lowering.name(inputs[0]!)], { attributes: { axis: attributes, keepdims: 0 } }),
  ],
};

/** Index of the first maximum along `axis` (which is dropped), int64; no gradient. */
export function argMax(x: Tensor, axis: number): Tensor {
  requireDType("argMax", ["float32"], x);
  const normal = normalizeAxis("argMax", x, axis);
  const shape = x.shape.filter((_, i) => i !== normal);
  return apply(argMaxDefinition, [x], normal, [{ dtype: "int64", shape }])[0]!;
}
