// Operators that only move elements: reshape, transpose, concatenate, slice.
import { normalizeAxis, shapeError } from "../checks.ts";
import { addDimensions, type Dimension, productOf, type Shape, sameShape } from "../dimension.ts";
import { hostTensor } from "../host-tensor.ts";
import { apply, type OperatorDefinition, type Tensor } from "../tensor.ts";

const reshapeDefinition: OperatorDefinition<null> = {
  name: "reshape",
  gradient: ({ inputs }, [gradient]) => [reshape(gradient!, inputs[0]!.shape)],
  lower: ({ inputs, outputs }, lowering) => [
    lowering.node("Reshape", [
      lowering.name(inputs[0]!),
      lowering.shape(outputs[0]!.shape, inputs[0]!.shape),
    ]),
  ],
};

/** The same elements in row-major order, in a new shape with the same number of elements. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  if (productOf(x.shape) !== productOf(shape)) {
    throw shapeError(
      "reshape",
      "element counts differ",
      [x.shape, shape],
      "Give a shape with the same number of elements.",
    );
  }
  return apply(reshapeDefinition, [x], null, [{ dtype: x.dtype, shape }])[0]!;
}

const transposeDefinition: OperatorDefinition<readonly number[]> = {
  name: "transpose",
  gradient: ({ attributes: order }, [gradient]) => [
    transpose(
      gradient!,
      order.map((_, i) => order.indexOf(i)),
    ),
  ],
  lower: ({ inputs, attributes }, lowering) => [
    lowering.node("Transpose", [lowering.name(inputs[0]!)], { attributes: { perm: attributes } }),
  ],
};

/** Permutes axes: axis i of the result is axis `order[i]` of `x`. */
export function transpose(x: Tensor, order: readonly number[]): Tensor {
  const valid = order.length === x.rank && x.shape.every((_, i) => order.includes(i));
  if (!valid) {
    throw shapeError(
      "transpose",
      `[${order}] is not an order of the axes`,
      [x.shape],
      "Name every axis exactly once.",
    );
  }
  if (order.every((axis, i) => axis === i)) return x;
  const shape = order.map((axis) => x.shape[axis]!);
  return apply(transposeDefinition, [x], order, [{ dtype: x.dtype, shape }])[0]!;
}

const concatenateDefinition: OperatorDefinition<number> = {
  name: "concatenate",
  gradient: ({ inputs, attributes: axis }, [gradient]) => {
    const sizes = inputs.map((x) => x.shape[axis]!);
    return split(gradient!, axis, sizes).map((piece, i) =>
      inputs[i]!.source.kind === "constant" ? undefined : piece,
    );
  },
  lower: ({ inputs, attributes }, lowering) => [
    lowering.node(
      "Concat",
      inputs.map((x) => lowering.name(x)),
      { attributes: { axis: attributes } },
    ),
  ],
};

/** Tensors joined along `axis`; all other axes must be equal. */
export function concatenate(tensors: readonly Tensor[], axis: number): Tensor {
  const [first, ...rest] = tensors;
  if (first === undefined) throw shapeError("concatenate", "needs at least one tensor", [], "Pass tensors.");
  const normal = normalizeAxis("concatenate", first, axis);
  let size: Dimension = first.shape[normal]!;
  for (const other of rest) {
    const fits =
      other.rank === first.rank &&
      other.dtype === first.dtype &&
      other.shape.every((d, i) => i === normal || d === first.shape[i]);
    if (!fits) {
      throw shapeError(
        "concatenate",
        `shapes differ outside axis ${normal}, or dtypes differ (${first.dtype}, ${other.dtype})`,
        [first.shape, other.shape],
        "Make all other axes equal.",
      );
    }
    size = addDimensions(size, other.shape[normal]!);
  }
  if (rest.length === 0) return first;
  const shape = first.shape.map((d, i) => (i === normal ? size : d));
  return apply(concatenateDefinition, tensors, normal, [{ dtype: first.dtype, shape }])[0]!;
}

interface SplitAttributes {
  readonly axis: number;
  readonly sizes: readonly Dimension[];
}

const splitDefinition: OperatorDefinition<SplitAttributes> = {
  name: "split",
  gradient: ({ outputs, attributes: { axis } }, gradients) => [
    concatenate(
      outputs.map((output, i) => gradients[i] ?? filled(output.shape, 0)),
      axis,
    ),
  ],
  lower: ({ inputs, attributes: { axis, sizes } }, lowering) =>
    lowering.nodeOutputs("Split", [lowering.name(inputs[0]!), lowering.shape(sizes)], {
      attributes: { axis },
      outputs: sizes.length,
    }),
};

/** `x` cut along `axis` into pieces of `sizes`. */
export function split(x: Tensor, axis: number, sizes: readonly Dimension[]): readonly Tensor[] {
  const normal = normalizeAxis("split", x, axis);
  const total = sizes.reduce(addDimensions, 0);
  const whole = sizes.every((size) => typeof size === "string" || (Number.isInteger(size) && size >= 0));
  if (!whole || total !== x.shape[normal]) {
    throw shapeError(
      "split",
      `sizes [${sizes}] do not add up to axis ${normal}`,
      [x.shape],
      "Give sizes that add up.",
    );
  }
  if (sizes.length === 1) return [x];
  return apply(
    splitDefinition,
    [x],
    { axis: normal, sizes },
    sizes.map((size) => ({ dtype: x.dtype, shape: x.shape.map((d, i) => (i === normal ? size : d)) })),
  );
}

/** Elements `start` (inclusive) to `end` (exclusive) of `axis`, both non-negative numbers or named sizes of that axis. */
export function slice(x: Tensor, axis: number, start: number, end: number): Tensor {
  const normal = normalizeAxis("slice", x, axis);
  const size = x.shape[normal]!;
  const valid =
    Number.isInteger(start) &&
    Number.isInteger(end) &&
    start >= 0 &&
    end > start &&
    (typeof size === "string" || end <= size);
  if (!valid) {
    throw shapeError(
      "slice",
      `${start} to ${end} is not a range of axis ${normal}`,
      [x.shape],
      "Give a range inside the axis.",
    );
  }
  const pieces = [...(start > 0 ? [start] : []), end - start];
  const rest = addDimensions(size, -end);
  if (rest !== 0) return split(x, normal, [...pieces, rest])[start > 0 ? 1 : 0]!;
  return split(x, normal, pieces)[start > 0 ? 1 : 0]!;
}

const filledDefinition: OperatorDefinition<number> = {
  name: "filled",
  lower: ({ outputs, attributes }, lowering) => [
    lowering.node("ConstantOfShape", [lowering.shape(outputs[0]!.shape)], {
      attributes: { value: hostTensor("float32", [1], [attributes]) },
    }),
  ],
};

/** A float32 tensor of `shape` with `value` everywhere. */
export function filled(shape: Shape, value: number): Tensor {
  return apply(filledDefinition, [], value, [{ dtype: "float32", shape }])[0]!;
}
