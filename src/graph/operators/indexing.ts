// Selection by integer indices: embedding tables, rows, and one element per row; with gradients that scatter.
import { requireDType, requireRank, shapeError } from "../checks.ts";
import { type Dimension, productOf, type Shape, sameShape } from "../dimension.ts";
import { hostTensor } from "../host-tensor.ts";
import { apply, type OperatorDefinition, parameterName, type Tensor } from "../tensor.ts";
import { filled, reshape } from "./shape.ts";

/** For tables with up to this many rows, the gradient is a product with one-hot rows instead of a scatter. */
const MAX_ONE_HOT_ROWS = 1024;

interface GatherAttributes {
  /** The caller guarantees that no index occurs twice, so the gradient can be scattered without addition. */
  readonly unique: boolean;
  /** Rows of this index get no gradient. */
  readonly paddingIndex: number | undefined;
  /** Name of the table, if it is a parameter. */
  readonly parameter: string | undefined;
}

const gatherDefinition: OperatorDefinition<GatherAttributes> = {
  name: "gatherRows",
  gradient: ({ inputs, attributes }, [gradient]) => {
    const [table, indices] = inputs as [Tensor, Tensor];
    const rows = productOf(indices.shape);
    const width = table.shape.slice(1);
    const flatGradient = reshape(gradient!, [rows, productOf(width)]);
    const flatIndices = reshape(indices, [rows]);
    const scattered = apply(scatterDefinition, [flatGradient, flatIndices], attributes, [
      { dtype: "float32", shape: [table.shape[0]!, productOf(width)] },
    ])[0]!;
    return [reshape(scattered, table.shape), undefined];
  },
  lower: ({ inputs }, lowering) => [
    lowering.node(
      "Gather",
      inputs.map((x) => lowering.name(x)),
      { attributes: { axis: 0 } },
    ),
  ],
};

/**
 * Adds rows [n, width] into zeros [size, width] at `indices` [n]. onnxruntime's scatter with addition processes rows in parallel
 * without locks, so equal indices would lose updates. Rows with equal indices are therefore summed first, by a product with the
 * matrix of index equality; every row is then its index's total, and writing it twice writes the same bytes.
 */
const scatterDefinition: OperatorDefinition<GatherAttributes> = {
  name: "scatterRows",
  lower: ({ inputs, outputs, attributes: { unique, paddingIndex, parameter } }, lowering) => {
    const [given, indices] = inputs.map((x) => lowering.name(x)) as [string, string];
    const [size] = outputs[0]!.shape as [Dimension];
    const column = lowering.node("Unsqueeze", [indices, lowering.int64([1])]);
    let values = given;
    if (paddingIndex !== undefined) {
      const padding = lowering.node("Equal", [column, lowering.int64Scalar(paddingIndex)]);
      const kept = lowering.node("Cast", [lowering.node("Not", [padding])], { attributes: { to: 1 } });
      values = lowering.node("Mul", [given, kept]);
    }
    if (typeof size === "number" && size <= MAX_ONE_HOT_ROWS) {
      const rows = lowering.constant(
        hostTensor(
          "int64",
          [size, 1],
          Array.from({ length: size }, (_, i) => i),
        ),
      );
      const row = lowering.node("Unsqueeze", [indices, lowering.int64([0])]);
      const oneHot = lowering.node("Cast", [lowering.node("Equal", [rows, row])], { attributes: { to: 1 } });
      return [lowering.node("MatMul", [oneHot, values])];
    }
    let totals = values;
    if (!unique) {
      const row = lowering.node("Unsqueeze", [indices, lowering.int64([0])]);
      const same = lowering.node("Cast", [lowering.node("Equal", [column, row])], { attributes: { to: 1 } });
      totals = lowering.node("MatMul", [same, values]);
    }
    const zeros =
      lowering.zeroInput(parameter, outputs[0]!.shape) ??
      lowering.node("ConstantOfShape", [lowering.shape(outputs[0]!.shape)], {
        attributes: { value: hostTensor("float32", [1], [0]) },
      });
    return [lowering.node("ScatterND", [zeros, column, totals])];
  },
};

/** Known properties of the indices. */
export interface GatherOptions {
  /** Guarantees that no index occurs twice, which makes the gradient cheaper; default false. */
  readonly unique?: boolean;
  /** Positions with this index contribute no gradient, like PyTorch's `padding_idx`. */
  readonly paddingIndex?: number;
}

/** Rows of `table` [rows, ...] at int64 `indices` of any shape: [...indices, ...]. The embedding look-up. */
export function gatherRows(table: Tensor, indices: Tensor, options: GatherOptions = {}): Tensor {
  requireDType("gatherRows", ["int64"], indices);
  if (table.rank === 0)
    throw shapeError("gatherRows", "table has no rows", [table.shape], "Pass a table [rows, ...].");
  const shape = [...indices.shape, ...table.shape.slice(1)];
  const { unique = false, paddingIndex } = options;
  const attributes = { unique, paddingIndex, parameter: parameterName(table) };
  return apply(gatherDefinition, [table, indices], attributes, [{ dtype: table.dtype, shape }])[0]!;
}

const iotaDefinition: OperatorDefinition<Dimension> = {
  name: "iota",
  lower: ({ attributes: size }, lowering) => {
    const end = lowering.node("Squeeze", [lowering.size(size), lowering.int64([0])]);
    return [lowering.node("Range", [lowering.int64Scalar(0), end, lowering.int64Scalar(1)])];
  },
};

/** 0, 1, ..., size - 1 as int64 [size]. */
export function iota(size: Dimension): Tensor {
  return apply(iotaDefinition, [], size, [{ dtype: "int64", shape: [size] }])[0]!;
}

const takeDefinition: OperatorDefinition<null> = {
  name: "takeAlongLastAxis",
  gradient: ({ inputs }, [gradient]) => {
    const [x, indices] = inputs as [Tensor, Tensor];
    return [
      apply(oneHotDefinition, [gradient!, indices], null, [{ dtype: "float32", shape: x.shape }])[0]!,
      undefined,
    ];
  },
  lower: ({ inputs }, lowering) => {
    const [x, indices] = inputs.map((tensor) => lowering.name(tensor)) as [string, string];
    const column = lowering.node("Unsqueeze", [indices, lowering.int64([-1])]);
    const taken = lowering.node("GatherElements", [x, column], { attributes: { axis: inputs[0]!.rank - 1 } });
    return [lowering.node("Squeeze", [taken, lowering.int64([-1])])];
  },
};

/** Puts each value at its index of a new last axis, zeros elsewhere. */
const oneHotDefinition: OperatorDefinition<null> = {
  name: "scatterAlongLastAxis",
  lower: ({ inputs, outputs }, lowering) => {
    const [values, indices] = inputs.map((tensor) => lowering.name(tensor)) as [string, string];
    const range = lowering.node("Range", [
      lowering.int64Scalar(0),
      lowering.node("Squeeze", [lowering.size(outputs[0]!.axis(-1)), lowering.int64([0])]),
      lowering.int64Scalar(1),
    ]);
    const column = lowering.node("Unsqueeze", [indices, lowering.int64([-1])]);
    const oneHot = lowering.node("Cast", [lowering.node("Equal", [column, range])], {
      attributes: { to: 1 },
    });
    return [lowering.node("Mul", [lowering.node("Unsqueeze", [values, lowering.int64([-1])]), oneHot])];
  },
};

/** One element of the last axis per row: x [..., classes], int64 indices [...] -> [...]. */
export function takeAlongLastAxis(x: Tensor, indices: Tensor): Tensor {
  requireDType("takeAlongLastAxis", ["float32"], x);
  requireDType("takeAlongLastAxis", ["int64"], indices);
  const rows: Shape = x.shape.slice(0, -1);
  if (!sameShape(rows, indices.shape)) {
    throw shapeError(
      "takeAlongLastAxis",
      "indices must have one element per row",
      [x.shape, indices.shape],
      "Drop the last axis of x.",
    );
  }
  return apply(takeDefinition, [x, indices], null, [{ dtype: "float32", shape: rows }])[0]!;
}

/** Rows of a matrix as ones and zeros: int64 indices [n] -> float32 [n, size]; no gradient. */
export function oneHot(indices: Tensor, size: number): Tensor {
  requireDType("oneHot", ["int64"], indices);
  requireRank("oneHot", indices, 1, "indices");
  return apply(oneHotDefinition, [filled(indices.shape, 1), indices], null, [
    { dtype: "float32", shape: [...indices.shape, size] },
  ])[0]!;
}
