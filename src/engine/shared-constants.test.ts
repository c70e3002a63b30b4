// Weights that two graphs read from the same memory: the same results as with memory of their own, and an order in which to dispose.
import { describe, expect, it } from "vitest";
import { type HostTensor, hostTensor } from "../graph/host-tensor.ts";
import { input } from "../graph/tensor.ts";
import { linearLayer } from "../nn/layers.ts";
import { ParameterScope } from "../nn/parameter-scope.ts";
import { Prediction } from "./prediction.ts";
import { Runtime } from "./runtime.ts";
import { SharedConstants } from "./shared-constants.ts";

const WIDTH = 64;
const drawn = (shape: readonly number[], factor: number): HostTensor<"float32"> => {
  const size = shape.reduce((product, one) => product * one, 1);
  return hostTensor(
    "float32",
    shape,
    Float32Array.from({ length: size }, (_, i) => Math.sin(i * factor)),
  );
};
const weights: Readonly<Record<string, HostTensor<"float32">>> = {
  "base.weight": drawn([WIDTH, WIDTH], 0.7),
  "base.bias": drawn([WIDTH], 0.3),
  "a.weight": drawn([WIDTH, WIDTH], 0.5),
  "a.bias": drawn([WIDTH], 0.2),
  "b.weight": drawn([WIDTH, WIDTH], 0.9),
  "b.bias": drawn([WIDTH], 0.1),
};

/** A head of its own on the layer "base". */
function prediction(runtime: Runtime, head: "a" | "b", shared?: SharedConstants): Prediction {
  const graph = () => {
    const scope = new ParameterScope();
    const x = input("x", "float32", ["batch", WIDTH]);
    return { y: linearLayer(scope.at(head), linearLayer(scope.at("base"), x, WIDTH, WIDTH), WIDTH, WIDTH) };
  };
  const weight = (name: string) => weights[name]!;
  return new Prediction(runtime, {
    ...{ graph, weight, shared, weightNames: Object.keys(weights), frozen: true, label: `head ${head}` },
  });
}

describe("SharedConstants", () => {
  it("gives graphs the results that they have with weights of their own, also after one of them is gone", async () => {
    await using runtime = await Runtime.open({ threads: 1 });
    const x = drawn([5, WIDTH], 0.4);
    const expected = new Map<string, HostTensor>();
    for (const head of ["a", "b"] as const) {
      const alone = prediction(runtime, head);
      expected.set(head, (await alone.run({ x })).y!);
      await alone.dispose();
    }
    const shared = new SharedConstants();
    for (const name of ["base.weight", "base.bias"]) shared.add(weights[name]!);
    expect([shared.has(weights["base.weight"]!), shared.has(weights["a.weight"]!)]).toEqual([true, false]);
    const [first, second] = [prediction(runtime, "a", shared), prediction(runtime, "b", shared)];
    expect((await first.run({ x })).y).toEqual(expected.get("a"));
    expect((await second.run({ x })).y).toEqual(expected.get("b"));
    await first.dispose();
    expect((await second.run({ x })).y).toEqual(expected.get("b"));
    await second.dispose();
    await shared.dispose();
    await shared.dispose(); // nothing is left to do
    expect(() => shared.add(x)).toThrow(expect.objectContaining({ code: "engine/disposed" }));
  });
});
