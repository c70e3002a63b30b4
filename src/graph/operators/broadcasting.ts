// Broadcasting and the sums that undo it; each is the gradient of the other.
import { broadcastShapes, normalizeAxis, requireDType, shapeError } from "../checks.ts";
import { type Dimension, type Shape, sameShape } from "../dimension.ts";
import { apply, type OperatorDefinition, type Tensor } from "../tensor.ts";
import { reshape } from "./shape.ts";

interface ReductionAttributes {
  readonly axes: readonly number[];
  readonly keepDimensions: boolean;
}

/** The axes of a reduction, and whether to keep them. */
export interface ReductionOptions {
  /** Axes to reduce; all of them by default. */
  readonly axes?: readonly number[];
  /** Keep reduced axes with size 1; default false. */
  readonly keepDimensions?: boolean;
}

function kept(shape: Shape, axes: readonly number[]): Dimension[] {
  return shape.map((size, i) => (axes.includes(i) ? 1 : size));
}

/** Makes an operator that reduces axes; its gradient is built with the reduced axes kept at size 1. */
export function reduction(
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
      throw shapeError(
        name,
        `axes [${options.axes}] contain the same axis twice`,
        [x.shape],
        "Name every axis at most once.",
      );
    }
    if (axes.length === 0) return x;
    const keepDimensions = options.keepDimensions ?? false;
    const shape = keepDimensions ? kept(x.shape, axes) : x.shape.filter((_, i) => !axes.includes(i));
    return apply(definition, [x], { axes, keepDimensions }, [{ dtype: "float32", shape }])[0]!;
  };
}

/** Sum over axes. */
export const reduceSum = reduction("reduceSum", "ReduceSum", (x, _y, g) => broadcastTo(g, x.shape));

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

const expandDefinition: OperatorDefinition<null> = {
  name: "broadcastTo",
  gradient: ({ inputs }, [gradient]) => [sumToShape(gradient!, inputs[0]!.shape)],
  lower: ({ inputs, outputs }, lowering) => [
    lowering.node("Expand", [lowering.name(inputs[0]!), lowering.shape(outputs[0]!.shape)]),
  ],
};

/** `x` repeated along axes of size 1 (and new leading axes) to `shape`. */
export function broadcastTo(x: Tensor, shape: Tensor["shape"]): Tensor {
  if (sameShape(x.shape, shape)) return x;
  if (!sameShape(broadcastShapes("broadcastTo", x.shape, shape), shape)) {
    throw shapeError(
      "broadcastTo",
      "the first shape is larger than the second",
      [x.shape, shape],
      "Only axes of size 1 and new leading axes can grow; use sumToShape or reduceSum to shrink.",
    );
  }
  return apply(expandDefinition, [x], null, [{ dtype: x.dtype, shape }])[0]!;
}
