// Gradient cases of operators that move, select and sum elements: shapes, indices, reductions.

import { hostTensor } from "../host-tensor.ts";
import { tanh } from "../operators/activation.ts";
import { reduceSum } from "../operators/broadcasting.ts";
import { multiply } from "../operators/elementwise.ts";
import { gatherRows, takeAlongLastAxis } from "../operators/indexing.ts";
import { reduceMax, reduceMean } from "../operators/reduction.ts";
import { concatenate, reshape, slice, split, transpose } from "../operators/shape.ts";
import { constant, type Tensor } from "../tensor.ts";
import { type GradientCase, integers, random, spaced } from "./check-gradients.ts";

type Inputs = Readonly<Record<string, Tensor>>;

/** Makes the gradient depend on the position, so that a permuted gradient fails. */
const square = (x: Tensor) => multiply(x, x);

const moving: GradientCase[] = [
  {
    operators: ["reshape"],
    title: "named sizes in place and joined",
    variables: { x: random(["batch", "length", 2]) },
    build: ({ x }: Inputs) => square(reshape(square(x as Tensor), ["batch*length", 2])),
  },
  {
    operators: ["reshape"],
    title: "a moved named size",
    variables: { x: random(["batch", 2, 3]) },
    build: ({ x }: Inputs) => square(reshape(x as Tensor, [3, "batch", 2])),
  },
  {
    operators: ["reshape"],
    title: "to and from a scalar",
    variables: { x: random([1, 1]) },
    build: ({ x }: Inputs) => square(reshape(reshape(x as Tensor, []), [1])),
  },
  {
    operators: ["transpose"],
    title: "a cycle of three axes",
    variables: { x: random(["batch", 2, 4]) },
    build: ({ x }: Inputs) => square(transpose(x as Tensor, [2, 0, 1])),
  },
  {
    operators: ["concatenate"],
    title: "named, repeated and constant pieces",
    variables: { x: random(["batch", 2]), y: random(["batch", 1]) },
    build: ({ x, y }: Inputs) => square(concatenate([x as Tensor, y as Tensor, x as Tensor], 1)),
  },
  {
    operators: ["concatenate"],
    title: "a constant piece along a named axis",
    variables: { x: random(["length", 2]) },
    build: ({ x }: Inputs) =>
      square(concatenate([constant(hostTensor("float32", [1, 2], [5, 6])), x as Tensor], 0)),
  },
  {
    operators: ["split"],
    title: "pieces of which one is unused and one is used twice",
    variables: { x: random(["batch", 6]) },
    build: ({ x }: Inputs) => {
      const [a, , c] = split(x as Tensor, 1, [2, 1, 3]) as [Tensor, Tensor, Tensor];
      return concatenate([square(a), square(c), a], -1);
    },
  },
  {
    operators: ["split"],
    title: "a named axis into a number and the rest",
    variables: { x: random(["length", 2]) },
    build: ({ x }: Inputs) => {
      const [head, rest] = split(x as Tensor, 0, [1, "-1+length"]) as [Tensor, Tensor];
      return multiply(rest, head);
    },
  },
  {
    operators: ["slice"],
    title: "the middle, the start and the end",
    variables: { x: random([2, 5]) },
    build: ({ x }: Inputs) =>
      concatenate(
        [slice(x as Tensor, 1, 1, 4), slice(x as Tensor, 1, 0, 2), square(slice(x as Tensor, -1, 4, 5))],
        1,
      ),
  },
  {
    operators: ["slice"],
    title: "the first row of a named axis",
    variables: { x: random(["batch", "length", 2]) },
    build: ({ x }: Inputs) => square(slice(x as Tensor, 1, 0, 1)),
  },
];

const TABLE_ROWS = 1030; // above the limit up to which one-hot products are used

const picking: GradientCase[] = [
  {
    operators: ["gatherRows"],
    title: "repeated indices in a small table",
    variables: { table: random([4, 3]) },
    data: { indices: integers(["batch", 2], [1, 1, 3, 1, 0, 3]) },
    build: ({ table, indices }: Inputs) => square(gatherRows(table as Tensor, indices as Tensor)),
  },
  {
    operators: ["gatherRows"],
    title: "a table of vectors of two axes, one index",
    variables: { table: random([3, 2, 2]) },
    data: { indices: integers([1], [2]) },
    build: ({ table, indices }: Inputs) => square(gatherRows(table as Tensor, indices as Tensor)),
  },
  {
    operators: ["gatherRows"],
    title: "a table with a named number of rows, repeated indices",
    variables: { table: random(["batch*length", 2]) },
    data: { indices: integers([5], [0, 11, 11, 3, 0]), like: random(["batch", "length"]) },
    build: ({ table, indices, like }: Inputs) =>
      multiply(
        square(gatherRows(table as Tensor, indices as Tensor)),
        reduceSum(multiply(like as Tensor, 0.1)),
      ),
  },
  {
    operators: ["gatherRows"],
    title: "indices promised to be unique",
    variables: { table: random([5, 2]) },
    data: { indices: integers([3], [4, 0, 2]) },
    build: ({ table, indices }: Inputs) =>
      square(gatherRows(table as Tensor, indices as Tensor, { unique: true })),
  },
  {
    operators: ["gatherRows"],
    title: "a table above the one-hot limit, repeated indices",
    variables: { table: random([TABLE_ROWS, 1]) },
    data: { indices: integers([4], [1029, 7, 1029, 1029]) },
    build: ({ table, indices }: Inputs) => square(gatherRows(table as Tensor, indices as Tensor)),
  },
  {
    operators: ["takeAlongLastAxis"],
    title: "named rows",
    variables: { x: random(["batch", 4]) },
    data: { labels: integers(["batch"], [3, 0, 3]) },
    build: ({ x, labels }: Inputs) => square(takeAlongLastAxis(x as Tensor, labels as Tensor)),
  },
  {
    operators: ["takeAlongLastAxis"],
    title: "a named last axis under two axes of rows",
    variables: { x: random([2, "batch", "length"]) },
    data: { labels: integers([2, "batch"], [3, 0, 1, 2, 2, 0]) },
    build: ({ x, labels }: Inputs) => square(takeAlongLastAxis(x as Tensor, labels as Tensor)),
  },
];

const REDUCTIONS = { reduceSum, reduceMean, reduceMax };

const reducing: GradientCase[] = Object.entries(REDUCTIONS).flatMap(([name, operator]) => [
  {
    operators: [name],
    title: "all axes",
    variables: { x: spaced(["batch", 2]) },
    build: ({ x }: Inputs) => operator(tanh(x as Tensor)),
  },
  {
    operators: [name],
    title: "the last axis, kept",
    variables: { x: spaced(["batch", 4]) },
    build: ({ x }: Inputs) => square(operator(x as Tensor, { axes: [-1], keepDimensions: true })),
  },
  {
    operators: [name],
    title: "a named and a size-1 axis, dropped",
    variables: { x: spaced([1, "length", 2]) },
    build: ({ x }: Inputs) => square(operator(x as Tensor, { axes: [1, 0] })),
  },
]);

export const STRUCTURE_CASES: readonly GradientCase[] = [...moving, ...picking, ...reducing];
