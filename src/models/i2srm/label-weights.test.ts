// Weighted losses: equal to the plain ones where all weights are 1, what the weights mean, and gradients against finite differences.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Runtime } from "../../engine/runtime.ts";
import { gradients } from "../../graph/gradients.ts";
import { type HostTensor, hostTensor } from "../../graph/host-tensor.ts";
import { serialize } from "../../graph/serialize.ts";
import { input, type Tensor } from "../../graph/tensor.ts";
import { Dropout } from "../../nn/dropout.ts";
import { crfParameters } from "../../nn/linear-chain-crf.ts";
import { ParameterScope } from "../../nn/parameter-scope.ts";
import { stream } from "../../training/random.ts";
import { classTraining } from "./class-training.ts";
import { PUBLISHED_MRE, textOnly } from "./config.ts";
import { mixLabels } from "./label-mixing.ts";
import { mnerLikelihoodLoss } from "./mner.ts";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await Runtime.open({ threads: 1 });
});
afterAll(() => runtime.dispose());

const float = (shape: readonly number[], data: readonly number[]) => hostTensor("float32", [...shape], data);
const int = (shape: readonly number[], data: readonly number[]) => hostTensor("int64", [...shape], data);
const normals = (count: number, name: string) => {
  const random = stream(3, 0, name);
  return Array.from({ length: count }, () => random.normal());
};

/** The loss and its gradient at a point, and the finite differences of the loss there. */
async function atPoint(
  loss: (x: Tensor) => Tensor,
  shape: readonly number[],
  inputs: Record<string, HostTensor>,
) {
  const x = input("x", "float32", [...shape]);
  const value = loss(x);
  const [gradient] = gradients(value, [x]);
  const { bytes, inputs: wanted } = serialize({ value, gradient: gradient! }, { spelling: runtime.spelling });
  const session = await runtime.createSession(bytes, { label: "weighted loss" });
  const run = async (data: readonly number[]) => {
    const all: Record<string, HostTensor> = { ...inputs, x: float(shape, data) };
    return session.run(Object.fromEntries(wanted.map(({ name }) => [name, all[name]!])), {
      value: "allocate",
      gradient: "allocate",
    });
  };
  const at = normals(
    shape.reduce((product, size) => product * size, 1),
    "x",
  );
  const found = await run(at);
  const lossAt = async (data: readonly number[]) => Number((await run(data)).value!.data[0]);
  const step = 0.02;
  const differences: number[] = [];
  for (const i of at.keys()) {
    const moved = (by: number) => at.map((number, j) => (i === j ? number + by : number));
    differences.push(((await lossAt(moved(step))) - (await lossAt(moved(-step)))) / (2 * step));
  }
  await session.dispose();
  return {
    value: Number(found.value!.data[0]),
    gradient: Array.from(found.gradient!.data as Float32Array),
    differences,
  };
}

const BATCH = 3;
const CLASSES = 4;
const MIXED = {
  unmixed_rows: int([BATCH], [0, 1, 2]),
  unmixed_labels: int([BATCH], [3, 0, 1]),
  mixed_rows_a: int([2], [0, 2]),
  mixed_rows_b: int([2], [2, 1]),
  mixed_labels_a: int([2], [3, 1]),
  mixed_labels_b: int([2], [1, 0]),
  mix_lambda: float([], [0.3]),
};

/** Weights of the three samples, for the rows of the plan above. */
const weighing = ([a, b, c]: readonly [number, number, number]) => ({
  unmixed_weights: float([BATCH], [a, b, c]),
  mixed_weights_a: float([2], [a, c]),
  mixed_weights_b: float([2], [c, b]),
});

/** The loss of I2SRM whose features are the class scores. */
const classLoss = (weighted: boolean) => (x: Tensor) => {
  const options = { i2srm: textOnly(PUBLISHED_MRE), visual: undefined };
  return classTraining(new ParameterScope(), x, (rows) => rows, options, new Dropout(false), true, weighted)
    .loss;
};

describe("the weighted loss of classes under mixup", () => {
  it("equals the plain loss and gradient, bit for bit, where all weights are 1", async () => {
    const plain = await atPoint(classLoss(false), [BATCH, CLASSES], MIXED);
    const weighted = await atPoint(classLoss(true), [BATCH, CLASSES], { ...MIXED, ...weighing([1, 1, 1]) });
    expect(weighted.value).toBe(plain.value);
    expect(weighted.gradient).toEqual(plain.gradient);
  });

  it("has the gradient of its finite differences", async () => {
    const weights = weighing([0.25, 1.5, 0.8]);
    const { gradient, differences } = await atPoint(classLoss(true), [BATCH, CLASSES], {
      ...MIXED,
      ...weights,
    });
    for (const [i, slope] of gradient.entries()) expect(slope).toBeCloseTo(differences[i]!, 3);
  });

  it("learns nothing from a label of weight 0, also where it is mixed with another", async () => {
    const of = (third: number) => ({ ...MIXED, unmixed_labels: int([3], [3, 0, third]) });
    const silent = weighing([1, 1, 0]);
    const one = { ...of(1), mixed_labels_a: int([2], [3, 1]), mixed_labels_b: int([2], [1, 0]), ...silent };
    const other = { ...of(2), mixed_labels_a: int([2], [3, 2]), mixed_labels_b: int([2], [2, 0]), ...silent };
    const [a, b] = [
      await atPoint(classLoss(true), [BATCH, CLASSES], one),
      await atPoint(classLoss(true), [BATCH, CLASSES], other),
    ];
    expect(a.value).toBe(b.value);
    expect(a.gradient).toEqual(b.gradient);
  });
});

describe("the weighted likelihood of tag sequences", () => {
  const [length, tags] = [4, 3];
  const crfOf = () => crfParameters(new ParameterScope().at("crf"), tags);
  const inputs = {
    labels: int([2, length], [0, 1, 2, 0, 2, 2, 1, 0]),
    mask: float([2, length], [1, 1, 1, 1, 1, 1, 1, 0]),
    "crf.start": float([tags], normals(tags, "start")),
    "crf.end": float([tags], normals(tags, "end")),
    "crf.transitions": float([tags, tags], normals(tags * tags, "transitions")),
  };
  const loss = (weighted: boolean) => (x: Tensor) =>
    mnerLikelihoodLoss({ emissions: x, crf: crfOf(), mask: input("mask", "float32", [2, length]) }, weighted);

  it("is the mean of the sentences' losses times their weights", async () => {
    const at = async (weights: readonly number[]) =>
      atPoint(loss(true), [2, length, tags], { ...inputs, label_weights: float([2], weights) });
    const plain = await atPoint(loss(false), [2, length, tags], inputs);
    const [ones, first, second, both] = [
      await at([1, 1]),
      await at([1, 0]),
      await at([0, 1]),
      await at([0.5, 1.25]),
    ];
    expect(ones!.value).toBe(plain.value);
    expect(ones!.gradient).toEqual(plain.gradient);
    expect(both!.value).toBeCloseTo(0.5 * first!.value + 1.25 * second!.value, 5);
    for (const [i, slope] of both!.gradient.entries()) expect(slope).toBeCloseTo(both!.differences[i]!, 3);
  });
});

it("gives both sequences of a mixed row the weight of their own sentence, and a rounded one the interpolated weight", () => {
  const plan = { unmixed: [0, 1], mixedA: [0, 1], mixedB: [1, 0] };
  const of = (how: "pair" | "round") =>
    mixLabels(
      [
        [0, 1],
        [2, 0],
      ],
      [
        [1, 1],
        [1, 1],
      ],
      plan,
      0.75,
      how,
      [0.5, 2],
    );
  expect(of("pair")).toMatchObject({
    weightsA: [0.5, 2, 0.75 * 0.5, 0.75 * 2],
    weightsB: [0, 0, 0.25 * 2, 0.25 * 0.5],
  });
  expect(of("round")).toMatchObject({
    weightsA: [0.5, 2, 0.75 * 0.5 + 0.25 * 2, 0.75 * 2 + 0.25 * 0.5],
    weightsB: [0, 0, 0, 0],
  });
});
