// Graphs as ONNX files: named sizes, shared and missing inputs, outputs that no node makes, stored weights.
import { fromBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "onnx-buf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Runtime } from "../engine/runtime.ts";
import { type HostTensor, hostTensor } from "./host-tensor.ts";
import { gelu } from "./operators/activation.ts";
import { add, multiply, stopGradient } from "./operators/elementwise.ts";
import { linear, matmul } from "./operators/matrix.ts";
import { layerNorm } from "./operators/normalization.ts";
import { reduceMean } from "./operators/reduction.ts";
import { concatenate, reshape } from "./operators/shape.ts";
import { serialize } from "./serialize.ts";
import { constant, input, parameter, scalar, type Tensor } from "./tensor.ts";
import { runOnce, SPELLINGS } from "./testing/check-gradients.ts";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await Runtime.open({ threads: 1 });
});
afterAll(() => runtime.dispose());

const floats = (shape: number[], data: number[]) => hostTensor("float32", shape, data);
const numbers = (tensor: HostTensor | undefined) => Array.from((tensor as HostTensor).data as Float32Array);

describe("a serialised graph", () => {
  it("serves several batch sizes and lengths with one file", async () => {
    const x = input("x", "float32", ["batch", "length", 2]);
    const prefix = input("prefix", "float32", ["batch", 1, 2]);
    const joined = concatenate([prefix, x], 1);
    const flat = reshape(joined, ["batch+batch*length", 2]);
    const { bytes, outputs } = serialize({ joined, flat, mean: reduceMean(joined, { axes: [1] }) });
    expect(outputs.map(({ shape }) => shape)).toEqual([
      ["batch", "1+length", 2],
      ["batch+batch*length", 2],
      ["batch", 2],
    ]);
    await using session = await runtime.createSession(bytes);
    for (const [batch, length] of [
      [1, 1],
      [3, 2],
      [2, 5],
    ] as const) {
      const results = await session.run({
        x: hostTensor("float32", [batch, length, 2], new Float32Array(batch * length * 2).fill(1)),
        prefix: hostTensor("float32", [batch, 1, 2], new Float32Array(batch * 2).fill(1 + length + 1)),
      });
      expect(results.joined?.shape).toEqual([batch, length + 1, 2]);
      expect(results.flat?.shape).toEqual([batch * (length + 1), 2]);
      expect(numbers(results.mean)).toEqual(new Array(batch * 2).fill(2));
    }
  });

  it("takes an input once, however often it is used", async () => {
    const x = input("x", "float32", [2]);
    const program = serialize({ sum: add(x, x), product: multiply(x, x) });
    expect(program.inputs).toEqual([{ name: "x", dtype: "float32", shape: [2] }]);
    const { sum, product } = await runOnce(runtime, program.bytes, { x: floats([2], [3, -1]) });
    expect([numbers(sum), numbers(product)]).toEqual([
      [6, -2],
      [9, 1],
    ]);
  });

  it("refuses two different inputs of one name", () => {
    const sum = add(input("x", "float32", [2]), input("x", "float32", [2]));
    expect(() => serialize({ sum })).toThrow(
      expect.objectContaining({ code: "graph/duplicate-input", place: "x" }),
    );
  });

  it("refuses an output with an input's name, or with a name that cannot be one", () => {
    const x = input("x", "float32", [2]);
    expect(() => serialize({ x })).toThrow(expect.objectContaining({ code: "graph/duplicate-output" }));
    expect(() => serialize({ "a:b": add(x, 1) })).toThrow(
      expect.objectContaining({ code: "graph/bad-name" }),
    );
  });

  it("returns inputs, constants and one tensor under two names", async () => {
    const x = input("x", "float32", [2]);
    const stored = constant(floats([1], [7]));
    const sum = add(x, stored);
    for (const spelling of SPELLINGS) {
      const { bytes } = serialize({ same: x, stored, sum, again: sum }, { spelling });
      const results = await runOnce(runtime, bytes, { x: floats([2], [1, 2]) });
      expect(numbers(results.same)).toEqual([1, 2]);
      expect(numbers(results.stored)).toEqual([7]);
      expect(numbers(results.sum)).toEqual([8, 9]);
      expect(numbers(results.again)).toEqual([8, 9]);
    }
  });

  it("reads an output that another output is made from", async () => {
    const x = input("x", "float32", [1]);
    const inner = add(x, 1);
    const { bytes } = serialize({ inner, outer: multiply(inner, 2) });
    const results = await runOnce(runtime, bytes, { x: floats([1], [4]) });
    expect([numbers(results.inner), numbers(results.outer)]).toEqual([[5], [10]]);
  });

  it("lets inputs and outputs have any name that internal values might have", async () => {
    const x = input("Add_0", "float32", [1]);
    const { bytes } = serialize({ Mul_1: multiply(add(x, 1), 2) });
    expect(numbers((await runOnce(runtime, bytes, { Add_0: floats([1], [1]) })).Mul_1)).toEqual([4]);
  });

  it("needs an input for every size it has to know", () => {
    const shaped = reshape(input("x", "float32", ["1+length", 2]), [2, "1+length"]);
    expect(() => serialize({ shaped })).not.toThrow(); // one unknown size is left to onnxruntime
    const both = reshape(input("x", "float32", ["batch*length"]), ["batch", "length"]);
    expect(() => serialize({ both })).toThrow(expect.objectContaining({ code: "graph/unknown-size" }));
  });

  it("stores weights that are given, in the parameter's shape only", async () => {
    const x = input("x", "float32", ["batch", 2]);
    const y = linear(x, parameter("w", [1, 2]));
    const stored = serialize({ y }, { weights: new Map([["w", floats([1, 2], [10, 1])]]) });
    expect(stored.inputs.map(({ name }) => name)).toEqual(["x"]);
    expect(numbers((await runOnce(runtime, stored.bytes, { x: floats([1, 2], [3, 4]) })).y)).toEqual([34]);
    const wrong = new Map([["w", floats([2, 1], [10, 1])]]);
    expect(() => serialize({ y }, { weights: wrong })).toThrow(
      expect.objectContaining({ code: "graph/wrong-weight" }),
    );
  });

  it("stores equal small constants once", () => {
    const x = input("x", "float32", []);
    const { bytes } = serialize({ y: add(add(add(x, 5), 5), scalar(5)) });
    expect(fromBinary(ModelProtoSchema, bytes).graph?.initializer).toHaveLength(1);
  });
});

describe("spellings", () => {
  const x = input("x", "float32", ["batch", 4]);
  const w = parameter("w", [4]);
  const y: Tensor = matmul(gelu(layerNorm(x, w, w, 1e-5)), x, { transposeB: true, scale: 0.5 });
  const domains = (spelling: (typeof SPELLINGS)[number]) =>
    fromBinary(ModelProtoSchema, serialize({ y }, { spelling }).bytes).graph?.node.map((node) => node.domain);

  it("leave the standard's operators only for cpu", () => {
    expect(domains("cpu")).toContain("com.microsoft");
    expect(domains("webgpu")).not.toContain("com.microsoft");
    expect(domains("onnx")).not.toContain("com.microsoft");
  });
});

it("returns a value that passed through an identity inside the graph", async () => {
  const x = input("x", "float32", [2]);
  const stopped = stopGradient(multiply(x, 3));
  await using session = await runtime.createSession(serialize({ y: stopped, z: stopped }).bytes);
  const { y, z } = await session.run({ x: hostTensor("float32", [2], [1, 2]) });
  expect([...y!.data, ...z!.data]).toEqual([3, 6, 3, 6]);
});
