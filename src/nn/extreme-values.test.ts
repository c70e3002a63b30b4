// Scores far from zero, rows without variance and fully masked rows: values and gradients stay finite and correct.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Runtime } from "../engine/runtime.ts";
import { gradients } from "../graph/gradients.ts";
import { hostTensor } from "../graph/host-tensor.ts";
import {
  gelu,
  logSoftmax,
  quickGelu,
  sigmoid,
  softmax,
  tanh,
  tanhGelu,
} from "../graph/operators/activation.ts";
import { reduceSum } from "../graph/operators/broadcasting.ts";
import { multiply } from "../graph/operators/elementwise.ts";
import { layerNorm } from "../graph/operators/normalization.ts";
import { serialize } from "../graph/serialize.ts";
import { input, type Tensor } from "../graph/tensor.ts";
import { evaluate } from "../graph/testing/check-gradients.ts";
import { attentionBias, multiHeadAttention } from "./attention.ts";
import { crossEntropyPerRow, klDivergence } from "./losses.ts";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await Runtime.open({ threads: 1 });
});
afterAll(() => runtime.dispose());

const FAR = [-1e4, -1000, -100, 0, 100, 1000, 1e4];

/** Values of a function of `x` [rows, columns], and the gradient of its sum weighed by 1, 2, 3 ... */
async function atRow(rows: number, data: readonly number[], build: (x: Tensor) => Tensor) {
  const x = input("x", "float32", [rows, data.length / rows]);
  const value = build(x);
  const weights = input("weights", "float32", value.shape);
  const [gradient] = gradients(reduceSum(multiply(value, weights)), [x]);
  const sizes = value.shape as number[];
  const count = sizes.reduce((product, size) => product * size, 1);
  const weighing = Array.from({ length: count }, (_, i) => i + 1);
  return evaluate(
    runtime,
    { value, gradient: gradient! },
    {
      x: hostTensor("float32", x.shape as number[], data),
      weights: hostTensor("float32", sizes, weighing),
    },
  );
}

describe("element-wise functions far from zero", () => {
  const limits: readonly (readonly [string, (x: Tensor) => Tensor, (x: number) => number, number])[] = [
    ["sigmoid", sigmoid, (x) => (x < 0 ? 0 : 1), 0],
    ["tanh", tanh, Math.sign, 0],
    ["gelu", gelu, (x) => Math.max(0, x), 1],
    ["quickGelu", quickGelu, (x) => Math.max(0, x), 1],
    ["tanhGelu", tanhGelu, (x) => Math.max(0, x), 1],
  ];
  it.each(limits)("%s has its limit as value and slope", async (_, build, limit, slope) => {
    const far = FAR.filter((x) => x !== 0);
    const { value, gradient } = await atRow(1, far, build);
    far.forEach((x, i) => {
      expect(value![i]).toBeCloseTo(limit(x), 3);
      expect(gradient![i]).toBeCloseTo(x < 0 ? 0 : slope * (i + 1), 3);
    });
  });
});

describe("softmax and its losses far from zero", () => {
  it("softmax gives all to the largest score", async () => {
    const { value, gradient } = await atRow(1, FAR, softmax);
    expect(value).toEqual([0, 0, 0, 0, 0, 0, 1]);
    expect(gradient!.map(Math.abs)).toEqual(FAR.map(() => 0));
  });

  it("logSoftmax gives the distance to the largest score", async () => {
    const { value, gradient } = await atRow(1, FAR, logSoftmax);
    expect(value).toEqual(FAR.map((x) => x - 1e4));
    expect(gradient).toEqual([1, 2, 3, 4, 5, 6, 7 - 28]);
  });

  it("cross-entropy of a wrong label is the distance, with a slope of one", async () => {
    const labels = input("labels", "int64", [1]);
    const x = input("x", "float32", [1, FAR.length]);
    const loss = crossEntropyPerRow(x, labels);
    const [gradient] = gradients(reduceSum(loss), [x]);
    const found = await evaluate(
      runtime,
      { loss, gradient: gradient! },
      { x: hostTensor("float32", [1, FAR.length], FAR), labels: hostTensor("int64", [1], [0]) },
    );
    expect(found.loss).toEqual([2e4]);
    expect(found.gradient!.map((g) => g + 0)).toEqual([-1, 0, 0, 0, 0, 0, 1]);
  });

  it("the Kullback-Leibler divergence of opposite distributions is finite, and so are both gradients", async () => {
    const [a, b] = ["a", "b"].map((name) => input(name, "float32", [1, FAR.length])) as [Tensor, Tensor];
    const loss = klDivergence(a, b);
    const [forA, forB] = gradients(loss, [a, b]) as [Tensor, Tensor];
    const found = await evaluate(
      runtime,
      { loss, forA, forB },
      {
        a: hostTensor("float32", [1, FAR.length], FAR),
        b: hostTensor("float32", [1, FAR.length], FAR.toReversed()),
      },
    );
    expect(found.loss).toEqual([2e4]);
    expect([...found.forA!, ...found.forB!].every(Number.isFinite)).toBe(true);
  });
});

it("layer normalisation of rows without variance gives the bias, whatever their level", async () => {
  const width = 48;
  const levels = [0, 1e-20, 1.1, -333.3, 12345.67];
  const data = levels.flatMap((level) => Array.from({ length: width }, () => level));
  const x = input("x", "float32", [levels.length, width]);
  const [weight, bias] = ["weight", "bias"].map((name) => input(name, "float32", [width])) as [
    Tensor,
    Tensor,
  ];
  const value = layerNorm(x, weight, bias, 1e-5);
  const [gradient] = gradients(reduceSum(multiply(value, value)), [x]);
  const given = {
    x: hostTensor("float32", [levels.length, width], data),
    weight: hostTensor("float32", [width], new Array<number>(width).fill(1)),
    bias: hostTensor("float32", [width], new Array<number>(width).fill(0.25)),
  };
  await using session = await runtime.createSession(serialize({ value, gradient: gradient! }).bytes);
  const found = await session.run(given);
  for (const value of found.value!.data) expect(Number(value)).toBeCloseTo(0.25, 4);
  expect([...(found.gradient!.data as Float32Array)].every(Number.isFinite)).toBe(true);
});

describe("attention", () => {
  const [batch, length, hidden] = [2, 3, 4];
  const run = async (mask: readonly number[], scale: number) => {
    const states = input("states", "float32", [batch, length, hidden]);
    const masks = input("mask", "int64", [batch, length]);
    const value = multiHeadAttention(states, states, states, { heads: 2, bias: attentionBias(masks) });
    const [gradient] = gradients(reduceSum(multiply(value, value)), [states]);
    const data = Array.from({ length: batch * length * hidden }, (_, i) => scale * Math.sin(3 * i + 1));
    const found = await evaluate(
      runtime,
      { value, gradient: gradient! },
      {
        states: hostTensor("float32", [batch, length, hidden], data),
        mask: hostTensor("int64", [batch, length], mask),
      },
    );
    return { data, ...found } as { data: number[]; value: number[]; gradient: number[] };
  };

  it("of a row that may see nothing is the mean of all, finite, and leaves other rows alone", async () => {
    const { data, value, gradient } = await run([1, 1, 0, 0, 0, 0], 1);
    const second = (column: number) =>
      [0, 1, 2].reduce((sum, t) => sum + data[(length + t) * hidden + column]! / length, 0);
    for (let column = 0; column < hidden; column++) {
      expect(value[length * hidden + column]).toBeCloseTo(second(column), 5);
    }
    expect(gradient.every(Number.isFinite)).toBe(true);
    const alone = await run([1, 1, 0, 1, 1, 1], 1);
    expect(value.slice(0, length * hidden)).toEqual(alone.value.slice(0, length * hidden));
  });

  it("of far scores looks at one position, and never at a masked one", async () => {
    const { data, value, gradient } = await run([1, 1, 0, 1, 0, 0], 100);
    expect([...value, ...gradient].every(Number.isFinite)).toBe(true);
    for (let column = 0; column < hidden; column++) {
      expect(value[length * hidden + column]).toBeCloseTo(data[length * hidden + column]!, 2);
    }
  });
});
