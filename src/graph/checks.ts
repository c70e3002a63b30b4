// Checks that operators apply to their inputs while a graph is built; every error names the operator and the shapes.
import { GraphError } from "../base/errors.ts";
import { type Dimension, formatShape, type Shape } from "./dimension.ts";
import type { DType } from "./host-tensor.ts";
import type { Tensor } from "./tensor.ts";

/** An error about shapes that do not fit `operator`. */
export function shapeError(
  operator: string,
  problem: string,
  shapes: readonly Shape[],
  remedy: string,
): GraphError {
  return new GraphError({
    code: "graph/shape-mismatch",
    message: `${operator}: ${problem}: ${shapes.map(formatShape).join(" and ")}`,
    place: operator,
    remedy,
    value: shapes,
  });
}

/** Throws `graph/wrong-dtype` unless every tensor has one of `dtypes`. */
export function requireDType(
  operator: string,
  dtypes: readonly DType[],
  ...tensors: readonly Tensor[]
): void {
  for (const tensor of tensors) {
    if (dtypes.includes(tensor.dtype)) continue;
    throw new GraphError({
      code: "graph/wrong-dtype",
      message: `${operator}: expected ${dtypes.join(" or ")}, got ${tensor.dtype} ${formatShape(tensor.shape)}`,
      place: operator,
      remedy: "Cast the tensor first.",
      value: tensor.dtype,
    });
  }
}

/** Throws `graph/shape-mismatch` unless `tensor` has `rank` axes. */
export function requireRank(operator: string, tensor: Tensor, rank: number, meaning: string): void {
  if (tensor.rank === rank) return;
  throw shapeError(operator, `needs ${rank} axes (${meaning})`, [tensor.shape], "Reshape the tensor.");
}

/** A non-negative axis of `tensor`. */
export function normalizeAxis(operator: string, tensor: Tensor, axis: number): number {
  const normal = axis < 0 ? axis + tensor.rank : axis;
  if (Number.isInteger(axis) && normal >= 0 && normal < tensor.rank) return normal;
  throw shapeError(
    operator,
    `has no axis ${axis}`,
    [tensor.shape],
    `Use an axis from ${-tensor.rank} to ${tensor.rank - 1}.`,
  );
}

/** Broadcasts two shapes by NumPy's rules; a named size is only compatible with itself or 1. */
export function broadcastShapes(operator: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  const result: Dimension[] = [];
  for (let i = 0; i < rank; i++) {
    const left = a[a.length - rank + i] ?? 1;
    const right = b[b.length - rank + i] ?? 1;
    if (left !== right && left !== 1 && right !== 1) {
      throw shapeError(
        operator,
        "shapes do not broadcast",
        [a, b],
        "Make the sizes of every axis equal, or 1.",
      );
    }
    result.push(left === 1 ? right : left);
  }
  return result;
}
