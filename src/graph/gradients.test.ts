// Reverse-mode differentiation as a whole: shared parts, stopped parts, kinks, and operators without a gradient.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GraphError } from "../base/errors.ts";
import { Runtime } from "../engine/runtime.ts";
import { gradients } from "./gradients.ts";
import { type HostTensor, hostTensor } from "./host-tensor.ts";
import { absolute, exp, leakyRelu, relu } from "./operators/activation.ts";
import { reduceSum } from "./operators/broadcasting.ts";
import { maxPool2d } from "./operators/convolution.ts";
import { add, cast, equal, greater, less, multiply, stopGradient, where } from "./operators/elementwise.ts";
import { gatherRows, iota, oneHot, takeAlongLastAxis } from "./operators/indexing.ts";
import { argMax, countOf, cumulativeSum, reduceMax } from "./operators/reduction.ts";
import { filled, reshape, split } from "./operators/shape.ts";
import { serialize } from "./serialize.ts";
import { constant, input, parameter, scalar, type Tensor } from "./tensor.ts";
import { evaluate, runOnce } from "./testing/check-gradients.ts";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await Runtime.open({ threads: 2 });
});
afterAll(() => runtime.dispose());

const floats = (shape: number[], data: number[]) => hostTensor("float32", shape, data);

/** Gradient of sum(build(x)) at x. */
async function gradientAt(value: HostTensor, build: (x: Tensor) => Tensor): Promise<number[] | undefined> {
  const x = input("x", "float32", value.shape);
  const [gradient] = gradients(reduceSum(build(x)), [x]);
  if (gradient === undefined) return undefined;
  const needsX = serialize({ gradient }).inputs.length > 0;
  const { gradient: result } = await evaluate(runtime, { gradient }, needsX ? { x: value } : {});
  return result;
}

describe("gradients", () => {
  it("add up over every path to a shared subexpression", async () => {
    // y = e^x; loss = y*y + 3y; d/dx = 2 e^2x + 3 e^x
    const result = await gradientAt(floats([1], [0.5]), (x) => {
      const y = exp(x);
      return add(multiply(y, y), multiply(y, 3));
    });
    expect(result?.[0]).toBeCloseTo(2 * Math.exp(1) + 3 * Math.exp(0.5), 4);
  });

  it("take time that grows with the graph, not with the number of its paths", async () => {
    // 60 doublings have 2^60 paths from x to the loss.
    const result = await gradientAt(floats([1], [1]), (x) => {
      let y = x;
      for (let i = 0; i < 60; i++) y = add(y, y);
      return y;
    });
    expect(result).toEqual([2 ** 60]);
  });

  it("do not flow through stopGradient", async () => {
    expect(await gradientAt(floats([2], [3, 5]), (x) => multiply(x, stopGradient(x)))).toEqual([3, 5]);
    expect(await gradientAt(floats([2], [3, 5]), (x) => stopGradient(x))).toBeUndefined();
  });

  it("are undefined where the loss does not depend on a tensor, and 1 for the loss itself", async () => {
    const x = parameter("x", []);
    const unused = parameter("unused", [2]);
    const [forUnused, forLoss] = gradients(x, [unused, x]);
    expect(forUnused).toBeUndefined();
    expect(await evaluate(runtime, { forLoss: forLoss as Tensor })).toEqual({ forLoss: [1] });
  });

  it("are given for tensors in the middle of a graph", async () => {
    const x = input("x", "float32", [2]);
    const middle = multiply(x, 3);
    const [gradient] = gradients(reduceSum(multiply(middle, middle)), [middle]);
    expect(await evaluate(runtime, { g: gradient as Tensor }, { x: floats([2], [1, -2]) })).toEqual({
      g: [6, -12],
    });
  });

  it("refuse a loss that is not a float32 scalar", () => {
    const x = input("x", "float32", [1]);
    expect(() => gradients(x, [x])).toThrow(GraphError);
    const integer = input("i", "int64", []);
    expect(() => gradients(integer, [])).toThrow(expect.objectContaining({ code: "graph/loss-not-scalar" }));
  });
});

describe("at kinks and ties", () => {
  it("relu and absolute have slope 0, leakyRelu the negative side's, as in PyTorch", async () => {
    const zero = floats([1], [0]);
    expect(await gradientAt(zero, relu)).toEqual([0]);
    expect(await gradientAt(zero, absolute)).toEqual([0]);
    const leaky = await gradientAt(floats([3], [-2, 0, 2]), (x) => leakyRelu(x, 0.25));
    expect(leaky).toEqual([0.25, 0.25, 1]);
  });

  it("reduceMax shares the gradient evenly among equal maxima", async () => {
    const result = await gradientAt(floats([2, 3], [5, 1, 5, 2, 2, 2]), (x) =>
      multiply(reduceMax(x, { axes: [1] }), constant(floats([2], [6, 9]))),
    );
    expect(result).toEqual([3, 0, 3, 3, 3, 3]);
  });

  it("maxPool2d gives the gradient to one of equal maxima, the first in the window", async () => {
    const result = await gradientAt(floats([1, 1, 2, 3], [4, 4, 4, 4, 4, 4]), (x) =>
      maxPool2d(x, { kernel: 2, stride: 1 }),
    );
    expect(result).toEqual([1, 1, 0, 0, 0, 0]);
  });

  it("maxPool2d adds up what overlapping windows give to one pixel", async () => {
    const centre = [0, 0, 0, 0, 9, 0, 0, 0, 0];
    const result = await gradientAt(floats([1, 1, 3, 3], centre), (x) =>
      maxPool2d(x, { kernel: 2, stride: 1 }),
    );
    expect(result).toEqual([0, 0, 0, 0, 4, 0, 0, 0, 0]);
  });
});

describe("operators without a gradient", () => {
  const x = input("x", "float32", [2, 3]);
  const direct: Readonly<Record<string, () => Tensor>> = {
    argMax: () => argMax(x, 1),
    equal: () => equal(x, scalar(1)),
    greater: () => greater(x, scalar(1)),
    less: () => less(x, scalar(1)),
    cumulativeSum: () => cumulativeSum(cast(x, "int64"), 1),
    oneHot: () => oneHot(cast(reshape(x, [6]), "int64"), 2),
  };

  for (const [name, build] of Object.entries(direct)) {
    it(`${name} gives values that pass no gradient on`, () => {
      const made = build();
      const loss = reduceSum(made.dtype === "float32" ? made : cast(made, "float32"));
      if (made.dtype === "float32") {
        expect(() => gradients(loss, [x])).toThrow(expect.objectContaining({ code: "graph/no-gradient" }));
      } else {
        expect(gradients(loss, [x])).toEqual([undefined]);
      }
    });
  }

  it("countOf, iota and filled depend on nothing", () => {
    const sum = add(countOf([2, 3]), reduceSum(add(filled([3], 1), cast(iota(3), "float32"))));
    expect(gradients(sum, [x])).toEqual([undefined]);
  });

  it("a second derivative that is not there is an error with the operator's name", () => {
    const y = parameter("y", [2]);
    const [first] = gradients(reduceSum(relu(y)), [y]);
    expect(() => gradients(reduceSum(first as Tensor), [y])).toThrow(
      expect.objectContaining({ code: "graph/no-gradient", place: "sign" }),
    );
  });

  it("integer paths beside float paths do not get in the way", async () => {
    // The row with the largest score, selected by index: the gradient flows only through the float path.
    const result = await gradientAt(floats([2, 2], [1, 2, 4, 3]), (t) => takeAlongLastAxis(t, argMax(t, 1)));
    expect(result).toEqual([0, 1, 1, 0]);
    const chosen = await gradientAt(floats([2], [1, -1]), (t) => where(greater(t, scalar(0)), t, 0));
    expect(chosen).toEqual([1, 0]);
  });
});

describe("repeated indices", () => {
  const ROWS = 3000; // above the one-hot limit, so rows are scattered
  const WIDTH = 48;
  const COUNT = 700;
  const indices = Array.from({ length: COUNT }, (_, i) => (i * i) % 17);
  const cotangent = Float32Array.from({ length: COUNT * WIDTH }, (_, i) => Math.sin(i) * 10 ** (i % 5));

  function graph(rows: number, paddingIndex?: number) {
    const table = parameter("table", [rows, WIDTH]);
    const picked = gatherRows(
      table,
      input("indices", "int64", [COUNT]),
      paddingIndex === undefined ? {} : { paddingIndex },
    );
    const loss = reduceSum(multiply(picked, input("cotangent", "float32", [COUNT, WIDTH])));
    return gradients(loss, [table])[0] as Tensor;
  }

  const inputs = {
    indices: hostTensor("int64", [COUNT], indices),
    cotangent: hostTensor("float32", [COUNT, WIDTH], cotangent),
  };

  for (const rows of [20, ROWS]) {
    it(`are summed exactly in a table of ${rows} rows, bit for bit the same at every run`, async () => {
      const { bytes } = serialize({ gradient: graph(rows) });
      const first = (await runOnce(runtime, bytes, inputs)).gradient as HostTensor;
      const expected = new Float64Array(rows * WIDTH);
      indices.forEach((index, i) => {
        for (let j = 0; j < WIDTH; j++) {
          expected[index * WIDTH + j] =
            (expected[index * WIDTH + j] as number) + (cotangent[i * WIDTH + j] as number);
        }
      });
      const worst = expected.reduce(
        (most, value, i) => Math.max(most, Math.abs(value - Number(first.data[i]))),
        0,
      );
      expect(worst).toBeLessThan(0.1); // of values around 1e5
      for (let run = 0; run < 10; run++) {
        const again = (await runOnce(runtime, bytes, inputs)).gradient as HostTensor;
        expect(Buffer.compare(Buffer.from(again.data.buffer), Buffer.from(first.data.buffer))).toBe(0);
      }
    });

    it(`of padding give no gradient in a table of ${rows} rows`, async () => {
      const { gradient } = await evaluate(runtime, { gradient: graph(rows, 4) }, inputs);
      const row = (index: number) => (gradient as number[]).slice(index * WIDTH, (index + 1) * WIDTH);
      expect(row(4).every((value) => value === 0)).toBe(true);
      expect(row(1).some((value) => value !== 0)).toBe(true);
    });
  }

  it("split gives zeros to the pieces that the loss does not use", async () => {
    const result = await gradientAt(floats([4], [1, 2, 3, 4]), (x) => split(x, 0, [1, 3])[1] as Tensor);
    expect(result).toEqual([0, 1, 1, 1]);
  });
});
