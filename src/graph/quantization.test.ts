// Compares eight-bit linear layers with hand calculations, and bounds their distance from float32 layers.
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Runtime } from "../engine/runtime.ts";
import { type HostTensor, hostTensor } from "./host-tensor.ts";
import { add } from "./operators/elementwise.ts";
import { linear } from "./operators/matrix.ts";
import { reduceMean } from "./operators/reduction.ts";
import { quantizeWeight, suppliedValues } from "./quantization.ts";
import { serialize } from "./serialize.ts";
import { input, parameter, type Tensor } from "./tensor.ts";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await Runtime.open({ threads: 1 });
});
afterAll(() => runtime.dispose());

const floats = (shape: number[], data: readonly number[]) => hostTensor("float32", shape, data);

/** Runs a graph with some of its parameters quantised. */
async function run(
  y: Tensor,
  weights: Readonly<Record<string, HostTensor<"float32">>>,
  quantize: readonly string[],
  inputs: Readonly<Record<string, HostTensor>>,
): Promise<Float32Array> {
  const program = serialize({ y }, { supplyParameters: true, quantize: (name) => quantize.includes(name) });
  const supplied = suppliedValues(program, (name) => weights[name]!);
  await using session = await runtime.createSession(program.bytes, { supplied });
  const results = await session.run(inputs);
  return results.y!.data as Float32Array;
}

describe("a quantised weight", () => {
  it("has a scale per output and integers in the order [in, out]", () => {
    const { values, scales } = quantizeWeight("w", floats([2, 3], [64, -32, 0.6, 0.5, 1, -0.25]));
    expect(scales.data).toEqual(Float32Array.of(1, 1 / 64)); // 64 / 64 and 1 / 64
    expect(values.shape).toEqual([3, 2]);
    expect([...values.data]).toEqual([64, 32, -32, 64, 1, -16]); // 0.6 rounds to 1; 0.5, 1, -0.25 times 64
  });

  it("is off by at most half a scale, and an output of zeros stays zero", () => {
    const weights = fc.array(fc.float({ noNaN: true, min: -1000, max: 1000 }), {
      minLength: 12,
      maxLength: 12,
    });
    fc.assert(
      fc.property(weights, (data) => {
        data.fill(0, 8);
        const { values, scales } = quantizeWeight("w", floats([3, 4], data));
        for (let output = 0; output < 3; output++) {
          const scale = scales.data[output]!;
          for (let i = 0; i < 4; i++) {
            const wanted = Math.fround(data[output * 4 + i]!);
            const got = values.data[i * 3 + output]! * scale;
            expect(Math.abs(got - wanted)).toBeLessThanOrEqual(scale * 0.5001 + 1e-43); // denormal scales are coarse
          }
        }
        expect(scales.data[2]).toBe(0);
      }),
    );
  });

  it("cannot be made of a vector, of NaN or of infinity", () => {
    expect(() => quantizeWeight("b", floats([3], [1, 2, 3]))).toThrow(/'b' has shape \[3\]/);
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => quantizeWeight("w", floats([1, 3], [1, value, 3]))).toThrow(/'w' contains/);
    }
  });
});

describe("a quantised linear layer", () => {
  it("computes what a hand calculation with integers gives", async () => {
    const y = linear(input("x", "float32", ["rows", 2]), parameter("w", [2, 2]), parameter("b", [2]));
    const w = floats([2, 2], [0.64, -0.32, 0.064, 0.032]); // 64, -32 of scale 0.01; 64, 32 of scale 0.001
    const x = floats([2, 2], [1.55, 0, -1, 0.5]);
    // The activations reach from -1 to 1.55: scale 2.55 / 255 = 0.01, zero point 100, so 1.55 -> 255, 0 -> 100, -1 -> 0, 0.5 -> 150.
    // Row 1: (155 * 64 + 0) * 0.01 * 0.01 = 0.992; (155 * 64 + 0) * 0.01 * 0.001 = 0.0992
    // Row 2: (-100 * 64 + 50 * -32) * 1e-4 = -0.8; (-100 * 64 + 50 * 32) * 1e-5 = -0.048
    const got = await run(y, { w, b: floats([2], [1, 10]) }, ["w"], { x });
    [1.992, 10.0992, 0.2, 9.952].forEach((wanted, i) => {
      expect(got[i]).toBeCloseTo(wanted, 5);
    });
  });

  it("stays within the bound that the two roundings give", async () => {
    const [rows, width, outputs] = [3, 20, 5];
    const element = fc.float({ noNaN: true, min: -8, max: 8 });
    const array = (length: number) => fc.array(element, { minLength: length, maxLength: length });
    const y = linear(input("x", "float32", ["rows", width]), parameter("w", [outputs, width]));
    await fc.assert(
      fc.asyncProperty(array(rows * width), array(outputs * width), async (xs, ws) => {
        const [x, w] = [floats([rows, width], xs), floats([outputs, width], ws)];
        const got = await run(y, { w }, ["w"], { x });
        const range = Math.max(0, ...x.data) - Math.min(0, ...x.data);
        const step = range / 255; // of the activations; rounding them and their zero point is off by at most one step
        for (let row = 0; row < rows; row++) {
          for (let output = 0; output < outputs; output++) {
            const scale =
              Math.max(...w.data.subarray(output * width, (output + 1) * width).map(Math.abs)) / 64;
            let [exact, bound] = [0, 1e-4];
            for (let i = 0; i < width; i++) {
              const [a, b] = [x.data[row * width + i]!, w.data[output * width + i]!];
              exact += a * b;
              bound += step * Math.abs(b) + (Math.abs(a) + step) * (scale / 2);
            }
            expect(Math.abs(got[row * outputs + output]! - exact)).toBeLessThanOrEqual(bound);
          }
        }
      }),
      { numRuns: 25 },
    );
  });

  it("shares the quantised activations with layers of the same input", () => {
    const x = input("x", "float32", ["rows", 4]);
    const y = add(linear(x, parameter("v", [4, 4])), linear(x, parameter("w", [4, 4])));
    const count = (quantize: readonly string[]) =>
      serialize({ y }, { supplyParameters: true, quantize: (name) => quantize.includes(name) }).nodeCount;
    expect(count(["v", "w"]) - count([])).toBe(1);
  });

  it("leaves alone what other operators use of the same weight", async () => {
    const [x, w] = [input("x", "float32", [1, 2]), parameter("w", [2, 2])];
    const y = add(linear(x, w), reduceMean(w, { axes: [0] }));
    const values = floats([2, 2], [0.3, 0.5, 0.1, 0.7]); // 0.3 is between two steps of 0.5 / 64
    const got = await run(y, { w: values }, ["w"], { x: floats([1, 2], [0, 0]) });
    expect(got[0]).toBeCloseTo(0.2, 6);
    expect(got[1]).toBeCloseTo(0.6, 6);
  });

  it("is refused on other devices and for weights that are inputs", () => {
    const y = linear(input("x", "float32", ["rows", 4]), parameter("w", [4, 4]));
    const code = expect.objectContaining({ code: "graph/cannot-quantize" });
    const attempt = (options: object) => () => serialize({ y }, { quantize: () => true, ...options });
    expect(attempt({})).toThrow(code);
    expect(attempt({ supplyParameters: true, spelling: "webgpu" })).toThrow(code);
  });
});
