// Gradient cases of element-wise operators and activations: broadcasting, size-1 axes, named sizes, shared operands.
import {
  absolute,
  cos,
  exp,
  gelu,
  leakyRelu,
  log,
  logSoftmax,
  negate,
  quickGelu,
  relu,
  sigmoid,
  sin,
  softmax,
  sqrt,
  tanh,
  tanhGelu,
} from "../operators/activation.ts";
import { broadcastTo, sumToShape } from "../operators/broadcasting.ts";
import {
  add,
  cast,
  divide,
  greater,
  multiply,
  stopGradient,
  subtract,
  where,
} from "../operators/elementwise.ts";
import { scalar, type Tensor } from "../tensor.ts";
import { type CaseInput, type GradientCase, integers, random, spaced, values } from "./check-gradients.ts";

const ARITHMETIC = { add, subtract, multiply, divide };

const SHAPES: readonly (readonly [string, CaseInput, CaseInput])[] = [
  ["equal shapes", random([2, 3]), random([2, 3], 0.5, 1.5)],
  ["a row against a matrix", random(["batch", 5]), random([5], 0.5, 1.5)],
  ["a column against a row", random([3, 1]), random([1, 4], 0.5, 1.5)],
  ["a scalar against a named size", random([], 0.5, 1), random(["batch", 1, 2], 0.5, 1.5)],
  ["a size-1 axis that stays 1", random([1, 1]), random([2, 1, 1], 0.5, 1.5)],
];

const arithmetic: GradientCase[] = Object.entries(ARITHMETIC).flatMap(([name, operator]) => [
  ...SHAPES.map(([title, a, b]) => ({
    operators: [name],
    title,
    variables: { a, b },
    build: ({ a, b }: Readonly<Record<string, Tensor>>) => operator(a as Tensor, b as Tensor),
  })),
  {
    operators: [name],
    title: "numbers on both sides",
    variables: { a: random([3], 0.5, 1.5) },
    build: ({ a }: Readonly<Record<string, Tensor>>) => operator(operator(3, a as Tensor), 2),
  },
  {
    operators: [name],
    title: "the same tensor on both sides",
    variables: { a: random([2, 2], 0.5, 1.5) },
    build: ({ a }: Readonly<Record<string, Tensor>>) => add(operator(a as Tensor, a as Tensor), a as Tensor),
  },
]);

const ACTIVATIONS: readonly (readonly [string, (x: Tensor) => Tensor, CaseInput])[] = [
  ["exp", exp, random([2, 3])],
  ["log", log, random([2, 3], 0.5, 2)],
  ["sqrt", sqrt, random([2, 3], 0.5, 2)],
  ["negate", negate, random([2, 1, 3])],
  ["absolute", absolute, spaced([2, 3])],
  ["sin", sin, random(["batch", 3], -3, 3)],
  ["cos", cos, random(["batch", 3], -3, 3)],
  ["tanh", tanh, random(["batch", 3])],
  ["sigmoid", sigmoid, random(["batch", 3], -3, 3)],
  ["relu", relu, spaced(["batch", 3])],
  ["leakyRelu", leakyRelu, spaced(["batch", 3])],
  ["gelu", gelu, random(["batch", 4], -4, 4)],
  ["quickGelu", quickGelu, random(["batch", 4], -4, 4)],
  ["tanhGelu", tanhGelu, random(["batch", 4], -4, 4)],
  ["softmax", softmax, random(["batch", 2, 5])],
  ["logSoftmax", logSoftmax, random(["batch", 2, 5])],
];

const activations: GradientCase[] = ACTIVATIONS.map(([name, operator, x]) => ({
  operators: [name],
  title: "random values",
  variables: { x },
  build: ({ x }) => operator(x as Tensor),
}));

const special: GradientCase[] = [
  {
    operators: ["leakyRelu"],
    title: "another slope",
    variables: { x: spaced([1, 5]) },
    build: ({ x }) => leakyRelu(x as Tensor, 0.2),
  },
  {
    operators: ["softmax", "logSoftmax"],
    title: "an axis of size 1",
    variables: { x: random([3, 1]) },
    build: ({ x }) => add(softmax(x as Tensor), logSoftmax(x as Tensor)),
  },
  {
    operators: ["softmax"],
    title: "a named last axis",
    variables: { x: random([2, "length"]) },
    build: ({ x }) => softmax(x as Tensor),
  },
  {
    operators: ["where"],
    title: "branches and condition broadcast",
    variables: { a: random(["batch", 1]), b: random([4]) },
    data: { left: values(["batch", 4], [1, 0, 1, 0, 0, 1, 1, 0, 1, 1, 1, 0]) },
    build: ({ a, b, left }) => where(greater(left as Tensor, scalar(0.5)), a as Tensor, b as Tensor),
  },
  {
    operators: ["where"],
    title: "a number as one branch",
    variables: { x: spaced([2, 3]) },
    build: ({ x }) => where(greater(x as Tensor, scalar(0)), multiply(x as Tensor, x as Tensor), -1),
  },
  {
    operators: ["cast"],
    title: "through float16 and back",
    variables: { x: values([4], [-1, 0.5, 0.25, 2]) },
    build: ({ x }) => cast(cast(x as Tensor, "float16"), "float32"),
    step: 0.25, // exact in float16
    tolerance: 1e-3, // the gradient passes through float16 as well
  },
  {
    operators: ["cast"],
    title: "integers as factors",
    variables: { x: random([3]) },
    data: { i: integers([3], [2, 0, -5]) },
    build: ({ x, i }) => multiply(x as Tensor, cast(i as Tensor, "float32")),
  },
  {
    operators: ["stopGradient"],
    title: "only the open path counts",
    variables: { y: random([2]) },
    data: { x: values([2], [0.3, -0.7]) },
    build: ({ x, y }) => multiply(stopGradient(multiply(x as Tensor, 2)), multiply(y as Tensor, y as Tensor)),
  },
  {
    operators: ["broadcastTo"],
    title: "new leading axes and size-1 axes",
    variables: { x: random([1, 3]) },
    data: { like: random(["batch", 2, 3]) },
    build: ({ x, like }) => multiply(broadcastTo(x as Tensor, ["batch", 2, 3]), like as Tensor),
  },
  {
    operators: ["broadcastTo", "sumToShape"],
    title: "there and back",
    variables: { x: random([2, 1]) },
    build: ({ x }) => sumToShape(exp(broadcastTo(x as Tensor, [4, 2, 3])), [1, 3]),
  },
  {
    operators: ["sumToShape"],
    title: "named leading axis to a vector",
    variables: { x: random(["batch", "length", 2]) },
    build: ({ x }) => sumToShape(multiply(x as Tensor, x as Tensor), [2]),
  },
];

export const ELEMENTWISE_CASES: readonly GradientCase[] = [...arithmetic, ...activations, ...special];
