// Scores that depend on the distance between key and query: tables by distance, expanded to all pairs
// without a gather.
import { addDimensions, type Dimension, multiplyDimensions } from "../../graph/dimension.ts";
import { hostTensor } from "../../graph/host-tensor.ts";
import { add, cast, subtract } from "../../graph/operators/elementwise.ts";
import { gatherRows, iota } from "../../graph/operators/indexing.ts";
import { countOf } from "../../graph/operators/reduction.ts";
import { concatenate, filled, reshape, split } from "../../graph/operators/shape.ts";
import { constant, type Tensor } from "../../graph/tensor.ts";

/** The number of distances between `length` positions: 2 length - 1. */
function distanceCount(length: Dimension): Dimension {
  return addDimensions(multiplyDimensions(2, length), -1);
}

/**
 * `value(d)` for every distance d = -(length - 1), ..., length - 1, in this order: int64 [2 length - 1].
 * Computed here for `longest` positions; the graph slices the middle.
 */
export function byDistance(length: Dimension, longest: number, value: (distance: number) => number): Tensor {
  const values = Array.from({ length: 2 * longest - 1 }, (_, i) => value(i - (longest - 1)));
  const table = constant(hostTensor("int64", [values.length], values));
  const start = subtract(longest, countOf([length]));
  return gatherRows(table, cast(add(cast(iota(distanceCount(length)), "float32"), start), "int64"));
}

/**
 * Scores by distance -> scores by pair: [..., length, 2 length - 1] -> [..., length, length]. Column m of
 * row i is for the distance m - (length - 1) from i, and becomes column i + that distance. Reading rows of
 * 2 length - 1 numbers as if they were one longer shifts each row by one more than the row above.
 */
export function spreadDistances(x: Tensor): Tensor {
  const before = x.shape.slice(0, -2);
  const length = x.axis(-2);
  const wide = distanceCount(length);
  const padded = concatenate([x, filled([...before, length, 1], 0)], -1);
  const area = multiplyDimensions(wide, length);
  const shorter = addDimensions(length, -1);
  const flat = reshape(padded, [...before, addDimensions(area, length)]);
  const [, kept] = split(flat, -1, [shorter, area, 1]) as readonly [Tensor, Tensor, Tensor];
  const [pairs] = split(reshape(kept, [...before, length, wide]), -1, [length, shorter]) as readonly [
    Tensor,
    Tensor,
  ];
  return pairs;
}
