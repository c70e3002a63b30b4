// Compares the results of operators with values computed by hand; every spelling returns the same.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Runtime } from "../../engine/runtime.ts";
import { hostTensor } from "../host-tensor.ts";
import { constant, input, scalar, type Tensor } from "../tensor.ts";
import { evaluate } from "../testing/check-gradients.ts";
import {
  absolute,
  exp,
  gelu,
  leakyRelu,
  log,
  logSoftmax,
  negate,
  quickGelu,
  relu,
  sigmoid,
  softmax,
  sqrt,
  tanh,
  tanhGelu,
} from "./activation.ts";
import { broadcastTo, reduceSum, sumToShape } from "./broadcasting.ts";
import { averagePool2d, conv2d, maxPool2d } from "./convolution.ts";
import {
  add,
  cast,
  divide,
  equal,
  greater,
  less,
  multiply,
  stopGradient,
  subtract,
  where,
} from "./elementwise.ts";
import { gatherRows, iota, oneHot, takeAlongLastAxis } from "./indexing.ts";
import { linear, matmul } from "./matrix.ts";
import { layerNorm } from "./normalization.ts";
import { argMax, countOf, cumulativeSum, reduceMax, reduceMean } from "./reduction.ts";
import { concatenate, filled, reshape, slice, split, transpose } from "./shape.ts";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await Runtime.open({ threads: 1 });
});
afterAll(() => runtime.dispose());

const floats = (shape: number[], data: number[]) => constant(hostTensor("float32", shape, data));
const integers = (shape: number[], data: number[]) => constant(hostTensor("int64", shape, data));

const grid = floats([2, 3], [1, 2, 3, 4, 5, 6]);
const row = floats([3], [10, 20, 30]);
const picture = floats([1, 1, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]);
const points = floats([3], [-1, 0, 2]);

const CASES: readonly (readonly [string, Tensor, readonly number[]])[] = [
  ["add broadcasts a row", add(grid, row), [11, 22, 33, 14, 25, 36]],
  ["subtract takes numbers on the left", subtract(1, points), [2, 1, -1]],
  ["multiply broadcasts a column", multiply(grid, floats([2, 1], [1, -1])), [1, 2, 3, -4, -5, -6]],
  ["multiply by the number 1 gives the tensor", multiply(1, points), [-1, 0, 2]],
  ["divide", divide(row, floats([3], [2, 4, 5])), [5, 5, 6]],
  ["where picks by condition", where(greater(points, scalar(-0.5)), points, 9), [9, 0, 2]],
  ["equal compares integers", cast(equal(integers([3], [1, 2, 2]), integers([], [2])), "float32"), [0, 1, 1]],
  ["greater is strict", cast(greater(points, scalar(0)), "float32"), [0, 0, 1]],
  ["less is strict", cast(less(points, scalar(0)), "float32"), [1, 0, 0]],
  ["cast cuts towards zero", cast(cast(floats([3], [1.9, -1.9, 0.5]), "int64"), "float32"), [1, -1, 0]],
  ["stopGradient passes values on", stopGradient(points), [-1, 0, 2]],
  ["broadcastTo repeats", broadcastTo(floats([2, 1], [1, 2]), [2, 2, 2]), [1, 1, 2, 2, 1, 1, 2, 2]],
  ["exp", exp(points), [Math.exp(-1), 1, Math.exp(2)]],
  ["log", log(floats([2], [1, Math.E])), [0, 1]],
  ["sqrt", sqrt(floats([2], [0, 6.25])), [0, 2.5]],
  ["negate", negate(points), [1, -0, -2]],
  ["absolute", absolute(points), [1, 0, 2]],
  ["tanh", tanh(points), [Math.tanh(-1), 0, Math.tanh(2)]],
  ["sigmoid", sigmoid(points), [1 / (1 + Math.E), 0.5, 1 / (1 + Math.exp(-2))]],
  ["relu", relu(points), [0, 0, 2]],
  ["leakyRelu keeps a hundredth of what is negative", leakyRelu(points), [-0.01, 0, 2]],
  // Phi(-1) = 0.15865525, Phi(2) = 0.97724987
  ["gelu is x Phi(x)", gelu(points), [-0.15865525, 0, 1.95449974]],
  [
    "quickGelu is x sigmoid(1.702 x)",
    quickGelu(points),
    [-1 / (1 + Math.exp(1.702)), 0, 2 / (1 + Math.exp(-3.404))],
  ],
  // 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))
  [
    "tanhGelu",
    tanhGelu(points),
    [-1, 0, 2].map((x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))),
  ],
  [
    "softmax of equal scores is uniform",
    softmax(floats([2, 2], [3, 3, 0, Math.log(3)])),
    [0.5, 0.5, 0.25, 0.75],
  ],
  ["softmax of large scores stays finite", softmax(floats([1, 2], [1e4, -1e9])), [1, 0]],
  ["logSoftmax", logSoftmax(floats([1, 2], [0, Math.log(3)])), [Math.log(0.25), Math.log(0.75)]],
  ["reduceSum over all", reduceSum(grid), [21]],
  ["reduceSum over rows", reduceSum(grid, { axes: [0] }), [5, 7, 9]],
  ["reduceMean over the last axis", reduceMean(grid, { axes: [-1] }), [2, 5]],
  ["reduceMax over the last axis", reduceMax(grid, { axes: [1], keepDimensions: true }), [3, 6]],
  ["sumToShape undoes broadcasting", sumToShape(grid, [1, 3]), [5, 7, 9]],
  ["countOf multiplies sizes", countOf([2, 3]), [6]],
  ["cumulativeSum", cast(cumulativeSum(integers([2, 2], [1, 2, 3, 4]), 1), "float32"), [1, 3, 3, 7]],
  ["argMax takes the first maximum", cast(argMax(floats([2, 3], [1, 5, 5, 7, 0, 7]), 1), "float32"), [1, 0]],
  ["reshape keeps row-major order", reshape(grid, [3, 2]), [1, 2, 3, 4, 5, 6]],
  ["transpose", transpose(grid, [1, 0]), [1, 4, 2, 5, 3, 6]],
  [
    "concatenate along the last axis",
    concatenate([grid, floats([2, 1], [7, 8])], -1),
    [1, 2, 3, 7, 4, 5, 6, 8],
  ],
  ["slice takes columns 1 to 2", slice(grid, 1, 1, 3), [2, 3, 5, 6]],
  ["slice of a whole axis is the tensor", slice(grid, 0, 0, 2), [1, 2, 3, 4, 5, 6]],
  ["split's second piece", split(grid, 1, [1, 2])[1] as Tensor, [2, 3, 5, 6]],
  ["filled", filled([2], 0.5), [0.5, 0.5]],
  ["iota counts from 0", cast(iota(3), "float32"), [0, 1, 2]],
  ["gatherRows repeats rows", gatherRows(grid, integers([3], [1, 0, 1])), [4, 5, 6, 1, 2, 3, 4, 5, 6]],
  ["takeAlongLastAxis takes one per row", takeAlongLastAxis(grid, integers([2], [2, 0])), [3, 4]],
  ["oneHot", oneHot(integers([2], [2, 0]), 3), [0, 0, 1, 1, 0, 0]],
  // [[1,2,3],[4,5,6]] [[1,2,3],[4,5,6]]^T = [[14,32],[32,77]]
  ["matmul by a transpose, halved", matmul(grid, grid, { transposeB: true, scale: 0.5 }), [7, 16, 16, 38.5]],
  ["matmul of a transpose", matmul(grid, grid, { transposeA: true }), [17, 22, 27, 22, 29, 36, 27, 36, 45]],
  // rows (1,2,3) and (4,5,6) times (1,0,-1) plus 10
  ["linear is x W^T + b", linear(grid, floats([1, 3], [1, 0, -1]), floats([1], [10])), [8, 8]],
  // (1,3) has mean 2 and deviation 1, without epsilon
  [
    "layerNorm scales and shifts",
    layerNorm(floats([1, 2], [1, 3]), floats([2], [2, 2]), floats([2], [5, 5]), 1e-12),
    [3, 7],
  ],
  // windows (1,2,4,5), (2,3,5,6), (4,5,7,8), (5,6,8,9) times (1,0,0,-1)
  [
    "conv2d correlates, it does not flip",
    conv2d(picture, floats([1, 1, 2, 2], [1, 0, 0, -1])),
    [-4, -4, -4, -4],
  ],
  [
    "conv2d pads with zeros and strides",
    conv2d(picture, floats([1, 1, 1, 1], [1]), floats([1], [0.5]), { stride: 2, padding: 1 }),
    [0.5, 0.5, 0.5, 0.5, 5.5, 0.5, 0.5, 0.5, 0.5].slice(0, 9),
  ],
  [
    "maxPool2d never lets padding win",
    maxPool2d(negate(picture), { kernel: 3, stride: 2, padding: 1 }),
    [-1, -2, -4, -5],
  ],
  ["averagePool2d leaves out what fills no window", averagePool2d(picture, { kernel: 2, stride: 2 }), [3]],
];

describe("every operator computes what it says", () => {
  for (const [title, tensor, expected] of CASES) {
    it(title, async () => {
      const { y } = await evaluate(runtime, { y: tensor });
      expect(y).toHaveLength(expected.length);
      expected.forEach((value, i) => {
        expect(y?.[i]).toBeCloseTo(value, 5);
      });
    });
  }
});

it("named sizes are read from the inputs of a run", async () => {
  const x = input("x", "float32", ["batch", "length"]);
  const outputs = {
    count: countOf(["batch", "length"]),
    rows: cast(iota("batch*length"), "float32"),
    ones: filled(["1+length"], 1),
    mean: reduceMean(x),
  };
  const results = await evaluate(runtime, outputs, { x: hostTensor("float32", [2, 2], [1, 2, 3, 6]) });
  expect(results).toEqual({ count: [4], rows: [0, 1, 2, 3], ones: [1, 1, 1], mean: [3] });
});
