// Wrong shapes and dtypes are detected while a graph is built, and the message names the operator and the shapes.
import { describe, expect, it } from "vitest";
import { GraphError } from "../../base/errors.ts";
import { hostTensor } from "../host-tensor.ts";
import { constant, input, parameter } from "../tensor.ts";
import { absolute, exp, gelu, logSoftmax, relu, softmax } from "./activation.ts";
import { broadcastTo, reduceSum, sumToShape } from "./broadcasting.ts";
import { averagePool2d, conv2d, maxPool2d } from "./convolution.ts";
import { add, divide, equal, multiply, subtract, where } from "./elementwise.ts";
import { gatherRows, oneHot, takeAlongLastAxis } from "./indexing.ts";
import { linear, matmul } from "./matrix.ts";
import { layerNorm } from "./normalization.ts";
import { argMax, cumulativeSum, reduceMax, reduceMean } from "./reduction.ts";
import { concatenate, reshape, slice, split, transpose } from "./shape.ts";

const x = (...shape: (number | string)[]) => input("x", "float32", shape);
const i = (...shape: (number | string)[]) => input("i", "int64", shape);

/** The operator, the graph to build, and words that the message must contain. */
const MISSHAPEN: readonly (readonly [string, () => unknown, ...string[]])[] = [
  ["add", () => add(x(2, 3), x(4)), "[2, 3]", "[4]"],
  ["subtract", () => subtract(x("batch"), x(2)), "[batch]", "[2]"],
  ["multiply", () => multiply(x("batch"), x("length")), "[batch]", "[length]"],
  ["divide", () => divide(x(2, 1), x(3, 4)), "[2, 1]", "[3, 4]"],
  ["where", () => where(equal(i(2), i(2)), x(3), x(2)), "[2]", "[3]"],
  ["equal", () => equal(i(2), i(3)), "[2]", "[3]"],
  ["broadcastTo", () => broadcastTo(x(3), [1]), "[3]", "[1]"],
  ["broadcastTo", () => broadcastTo(x(3), [4]), "[3]", "[4]"],
  ["sumToShape", () => sumToShape(x(3, 2), [2, 3]), "[3, 2]", "[2, 3]"],
  ["sumToShape", () => sumToShape(x(3), [1, 3]), "[3]", "[1, 3]"],
  ["reshape", () => reshape(x("batch", 4), [4]), "[batch, 4]", "[4]"],
  ["transpose", () => transpose(x(2, 3), [0, 0]), "[0,0]", "[2, 3]"],
  ["concatenate", () => concatenate([x(2, 3), x(3, 3)], 1), "[2, 3]", "[3, 3]"],
  ["concatenate", () => concatenate([], 0)],
  ["split", () => split(x(5), 0, [2, 2]), "[2,2]", "[5]"],
  ["split", () => split(x(5), 0, [-1, 6]), "[-1,6]", "[5]"],
  ["slice", () => slice(x(5), 0, 3, 6), "3 to 6", "[5]"],
  ["slice", () => slice(x(5), 0, 2, 2), "2 to 2", "[5]"],
  ["reduceSum", () => reduceSum(x(2, 3), { axes: [2] }), "axis 2", "[2, 3]"],
  ["reduceMean", () => reduceMean(x(2, 3), { axes: [0, -2] }), "[0,-2]", "[2, 3]"],
  ["reduceMax", () => reduceMax(x(2), { axes: [0.5] }), "axis 0.5", "[2]"],
  ["argMax", () => argMax(x(2), 1), "axis 1", "[2]"],
  ["matmul", () => matmul(x(2, 3), x(2, 3)), "3 and 2", "[2, 3]"],
  ["matmul", () => matmul(x(3), x(3, 2)), "[3]", "[3, 2]"],
  ["matmul", () => matmul(x(2, 1, 3), x(3, 3, 1)), "[2]", "[3]"],
  ["linear", () => linear(x(2, 3), x(4, 2)), "[2, 3]", "[4, 2]"],
  ["linear", () => linear(x(2, 3), x(4, 3), x(3)), "[4, 3]", "[3]"],
  ["layerNorm", () => layerNorm(x(2, 3), x(2), x(3), 1e-5), "[2, 3]", "[2]"],
  ["gatherRows", () => gatherRows(x(), i(2)), "[]"],
  ["takeAlongLastAxis", () => takeAlongLastAxis(x(2, 3), i(3)), "[2, 3]", "[3]"],
  ["oneHot", () => oneHot(i(2, 2), 3), "[2, 2]"],
  ["conv2d", () => conv2d(x(1, 2, 4, 4), x(3, 1, 1, 1)), "[1, 2, 4, 4]", "[3, 1, 1, 1]"],
  ["conv2d", () => conv2d(x(1, 2, 4, 4), x(3, 2, 1, 1), x(2)), "[3, 2, 1, 1]", "[2]"],
  ["conv2d", () => conv2d(x(1, 1, 2, 2), x(1, 1, 3, 3)), "3x3", "[1, 1, 2, 2]"],
  ["conv2d", () => conv2d(x(1, 1, "height", 2), x(1, 1, 1, 1)), "[1, 1, height, 2]"],
  [
    "conv2d",
    () => conv2d(x(1, 1, 4, 4), x(1, 1, 1, 1), undefined, { stride: 0 }),
    "stride 0",
    "[1, 1, 4, 4]",
  ],
  ["maxPool2d", () => maxPool2d(x(1, 4, 4), { kernel: 2, stride: 2 }), "[1, 4, 4]"],
  [
    "maxPool2d",
    () => maxPool2d(x(1, 1, 4, 4), { kernel: 2, stride: 2, padding: 2 }),
    "padding 2",
    "[1, 1, 4, 4]",
  ],
  ["averagePool2d", () => averagePool2d(x(1, 1, 4, 4), { kernel: 5, stride: 1 }), "5x5", "[1, 1, 4, 4]"],
];

const MISTYPED: readonly (readonly [string, () => unknown, string])[] = [
  ["add", () => add(i(2), i(2)), "int64 [2]"],
  ["multiply", () => multiply(i(2), 1), "int64 [2]"],
  ["where", () => where(x(2), 1, 0), "float32 [2]"],
  ["equal", () => equal(i(2), x(2)), "float32 [2]"],
  ["exp", () => exp(i(2)), "int64 [2]"],
  ["absolute", () => absolute(i(2)), "int64 [2]"],
  ["relu", () => relu(i(2)), "int64 [2]"],
  ["gelu", () => gelu(i(2)), "int64 [2]"],
  ["softmax", () => softmax(i(2)), "int64 [2]"],
  ["logSoftmax", () => logSoftmax(i(2)), "int64 [2]"],
  ["reduceSum", () => reduceSum(i(2)), "int64 [2]"],
  ["argMax", () => argMax(i(2), 0), "int64 [2]"],
  ["cumulativeSum", () => cumulativeSum(x(2), 0), "float32 [2]"],
  ["matmul", () => matmul(i(2, 2), x(2, 2)), "int64 [2, 2]"],
  ["linear", () => linear(x(2), i(1, 2)), "int64 [1, 2]"],
  ["layerNorm", () => layerNorm(i(2), x(2), x(2), 1), "int64 [2]"],
  ["gatherRows", () => gatherRows(x(2), x(2)), "float32 [2]"],
  ["takeAlongLastAxis", () => takeAlongLastAxis(i(2, 2), i(2)), "int64 [2, 2]"],
  ["oneHot", () => oneHot(x(2), 3), "float32 [2]"],
  ["conv2d", () => conv2d(i(1, 1, 1, 1), x(1, 1, 1, 1)), "int64 [1, 1, 1, 1]"],
  ["maxPool2d", () => maxPool2d(i(1, 1, 2, 2), { kernel: 2, stride: 2 }), "int64 [1, 1, 2, 2]"],
  ["averagePool2d", () => averagePool2d(i(1, 1, 2, 2), { kernel: 2, stride: 2 }), "int64 [1, 1, 2, 2]"],
];

function thrown(build: () => unknown): GraphError {
  try {
    build();
  } catch (error) {
    if (error instanceof GraphError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("a shape that does not fit is a GraphError with the operator and the shapes", () => {
  for (const [operator, build, ...parts] of MISSHAPEN) {
    it(`${operator}: ${parts.join(", ") || "no tensors"}`, () => {
      const error = thrown(build);
      expect(error.code).toBe("graph/shape-mismatch");
      expect(error.place).toBe(operator);
      for (const part of [`${operator}: `, ...parts]) expect(error.message).toContain(part);
      expect(error.remedy).not.toBe("");
    });
  }
});

describe("a dtype that does not fit is a GraphError with the operator, the dtype and the shape", () => {
  for (const [operator, build, got] of MISTYPED) {
    it(`${operator}: ${got}`, () => {
      const error = thrown(build);
      expect(error.code).toBe("graph/wrong-dtype");
      expect(error.place).toBe(operator);
      expect(error.message).toContain(`${operator}: expected `);
      expect(error.message).toContain(got);
    });
  }
});

it("an axis that a tensor lacks is a GraphError", () => {
  expect(thrown(() => x(2, 3).axis(-3)).code).toBe("graph/no-such-axis");
});

it("names and sizes of inputs are checked", () => {
  expect(thrown(() => input("a:b", "float32", [])).code).toBe("graph/bad-name");
  expect(thrown(() => parameter("", [])).code).toBe("graph/bad-name");
  for (const size of [-1, 1.5, "length + 1", "length+1", "2", "", "a-b"]) {
    expect(thrown(() => x(size)).code).toBe("graph/bad-size");
  }
  expect(x("1+length", "2*batch", "batch*length", 0).rank).toBe(4);
});

it("host tensors must hold as many elements as their shape, in the dtype's array", () => {
  expect(thrown(() => constant(hostTensor("float32", [2], [1]))).code).toBe("graph/wrong-element-count");
  expect(thrown(() => hostTensor("float32", [1], new Int32Array(1) as never)).code).toBe("graph/wrong-array");
});
