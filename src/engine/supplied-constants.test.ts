// Constants supplied separately from the model: they are read in place and never searched on disk.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type HostTensor, hostTensor } from "../graph/host-tensor.ts";
import { add } from "../graph/operators/elementwise.ts";
import { gatherRows } from "../graph/operators/indexing.ts";
import { linear } from "../graph/operators/matrix.ts";
import { serialize } from "../graph/serialize.ts";
import { input, parameter } from "../graph/tensor.ts";
import { Runtime } from "./runtime.ts";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await Runtime.open({ threads: 1 });
});
afterAll(() => runtime.dispose());

const [ROWS, WIDTH] = [50, 40]; // larger than the few bytes that onnxruntime copies
const noise = (shape: number[], seed: number) =>
  hostTensor(
    "float32",
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(seed + i * i)),
  );
const weights = new Map<string, HostTensor>([
  ["table", noise([ROWS, WIDTH], 1)],
  ["w", noise([WIDTH, WIDTH], 2)],
  ["b", noise([WIDTH], 3)],
  ["unused", noise([2], 4)],
]);

function graph() {
  const rows = gatherRows(parameter("table", [ROWS, WIDTH]), input("ids", "int64", ["n"]));
  return { y: add(linear(rows, parameter("w", [WIDTH, WIDTH]), parameter("b", [WIDTH])), rows) };
}
const ids = hostTensor("int64", [3], [7, 0, 49]);

describe("supplied constants", () => {
  it("give what the same values give as inputs", async () => {
    const plain = serialize(graph());
    const supplying = serialize(graph(), { supplyParameters: true });
    expect(plain.inputs.map(({ name }) => name).sort()).toEqual(["b", "ids", "table", "w"]);
    expect(supplying.inputs.map(({ name }) => name)).toEqual(["ids"]);
    expect(supplying.supplied.map(({ name }) => name).sort()).toEqual(["b", "table", "w"]);
    await using asInputs = await runtime.createSession(plain.bytes);
    const supplied = new Map(supplying.supplied.map(({ name }) => [name, weights.get(name)!]));
    await using asConstants = await runtime.createSession(supplying.bytes, { supplied });
    const wanted = await asInputs.run({ ids, ...Object.fromEntries(supplied) });
    const got = await asConstants.run({ ids });
    const wantedData = wanted.y!.data as Float32Array;
    (got.y!.data as Float32Array).forEach((value, i) => {
      expect(Math.abs(value - wantedData[i]!)).toBeLessThan(1e-4);
    });
  });

  it("outlive their last JavaScript reference outside of the session", async () => {
    const { bytes, supplied } = serialize(graph(), { supplyParameters: true });
    const copies = () =>
      new Map(
        supplied.map(({ name }) => {
          const { dtype, shape, data } = weights.get(name)!;
          return [name, { dtype, shape, data: data.slice() } as HostTensor];
        }),
      );
    await using session = await runtime.createSession(bytes, { supplied: copies() });
    const first = (await session.run({ ids })).y!.data as Float32Array;
    for (let i = 0; i < 20; i++) new Float32Array(2 ** 20).fill(i); // something to collect garbage for
    expect(((await session.run({ ids })).y!.data as Float32Array).every((x, i) => x === first[i])).toBe(true);
  });

  it("are an error when one is missing, has another shape, or lost its memory", async () => {
    const { bytes, supplied } = serialize(graph(), { supplyParameters: true });
    const all = new Map(supplied.map(({ name }) => [name, weights.get(name)!]));
    const failed = (given: ReadonlyMap<string, HostTensor>) =>
      runtime.createSession(bytes, { supplied: given }).then(
        () => "no error",
        ({ code }) => code,
      );
    expect(await failed(new Map())).toBe("engine/runtime-failed");
    expect(await failed(new Map([...all, ["w", noise([WIDTH, 1], 2)]]))).toBe("engine/runtime-failed");
    const lost = noise([WIDTH, WIDTH], 2);
    structuredClone(lost.data, { transfer: [lost.data.buffer as ArrayBuffer] });
    expect(await failed(new Map([...all, ["w", lost]]))).toBe("engine/detached-buffer");
  });
});
