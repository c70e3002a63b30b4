// Sums, means and maxima over axes, and the reduction that undoes broadcasting.
import { broadcastShapes, normalizeAxis, requireDType, shapeError } from "../checks.ts";
import { type Dimension, productOf, type Shape, sameShape } from "../dimension.ts";
import { hostTensor } from "../host-tensor.ts";
import { apply, constant, type OperatorDefinition, type Tensor } from "../tensor.ts";
import { broadcastTo, cast, divide, equal, multiply } from "./elementwise.ts";
import { reshape } from "./shape.ts";

interface ReductionAttributes {
  readonly axes: readonly number[];
  readonly keepDimensions: boolean;
}

export interface ReductionOptions {
  /** Axes to reduce; all of them by default. */
  readonly axes?: readonly number[];
  /** Keep reduced axes with size 1; default false. */
  readonly keepDimensions?: boolean;
}

function kept(shape: Shape, axes: readonly number[]): Dimension[] {
  return shape.map((size, i) => (axes.includes(i) ? 1 : size));
}

function reduction(
  name: string,
  onnx: string,
  gradient: (input: Tensor, output: Tensor, gradient: Tensor, axes: readonly number[]) => Tensor,
): (x: Tensor, options?: ReductionOptions) => Tensor {
  const definition: OperatorDefinition<ReductionAttributes> = {
    name,
    gradient: ({ inputs, outputs, attributes: { axes } }, [outputGradient]) => {
      const x = inputs[0]!;
      const shape = kept(x.shape, axes);
      return [gradient(x, reshape(outputs[0]!, shape), reshape(outputGradient!, shape), axes)];
    },
    lower: ({ inputs, attributes: { axes, keepDimensions } }, lowering) => [
      lowering.node(onnx, [lowering.name(inputs[0]!), lowering.int64(axes)], {
        attributes: { keepdims: keepDimensions ? 1 : 0 },
      }),
    ],
  };
  return (x, options = {}) => {
    requireDType(name, ["float32"], x);
    const axes = (options.axes ?? x.shape.map((_, i) => i))
      .map((axis) => normalizeAxis(name, x, axis))
      .sort((a, b) => a - b);
    if (new Set(axes).size !== axes.length) {
      throw shapeError(name, `axes [${options.axes}] name one twice`, [x.shape], "Name every axis once.");
    }
    if (axes.length === 0) return x;
    const keepDimensions = options.keepDimensions ?? false;
    const shape = keepDimensions ? kept(x.shape, axes) : x.shape.filter((_, i) => !axes.includes(i));
    return apply(definition, [x], { axes, keepDimensions }, [{ dtype: "float32", shape }])[0]!;
  };
}

/** Sum over axes. */
export const reduceSum = reduction("reduceSum", "ReduceSum", (x, _y, g) => broadcastTo(g, x.shape));

/** Mean over axes. */
export const reduceMean = reduction("reduceMean", "ReduceMean", (x, _y, g, axes) =>
  broadcastTo(divide(g, countOf(axes.map((axis) => x.shape[axis]!))), x.shape),
);

/** Maximum over axes; where several elements are the maximum, each gets an equal share of the gradient. */
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

/** Undoes broadcasting: sums `x` over the axes in which `shape` is smaller. */
export function sumToShape(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  if (shape.length > x.rank || !sameShape(broadcastShapes("sumToShape", x.shape, shape), x.shape)) {
    throw shapeError(
      "sumToShape",
      "the second shape does not broadcast to the first",
      [x.shape, shape],
      "Give a shape with equal axes, axes of size 1, or fewer leading axes.",
    );
  }
  const extra = x.rank - shape.length;
  const axes = x.shape.flatMap((size, i) => (i < extra || (shape[i - extra] === 1 && size !== 1) ? [i] : []));
  return reshape(reduceSum(x, { axes, keepDimensions: true }), shape);
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
