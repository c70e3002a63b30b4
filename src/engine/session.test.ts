import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EngineError } from "../base/errors.ts";
import { type HostTensor, hostTensor, zeros } from "../graph/host-tensor.ts";
import { encodeModel, node } from "./onnx-model.ts";
import { Runtime } from "./runtime.ts";
import type { Session } from "./session.ts";

const N = { dtype: "float32", shape: ["n"] } as const;
/** d = a * b + a */
const MULTIPLY_ADD = encodeModel({
  nodes: [node("Mul", ["a", "b"], ["c"]), node("Add", ["c", "a"], ["d"])],
  inputs: [
    { name: "a", ...N },
    { name: "b", ...N },
  ],
  outputs: [
    { name: "c", ...N },
    { name: "d", ...N },
  ],
});
/** y = x[2, k] @ w[k, 3], with k known only at run time */
const MATRIX = encodeModel({
  nodes: [node("MatMul", ["x", "w"], ["y"])],
  inputs: [
    { name: "x", dtype: "float32", shape: [2, "rows"] },
    { name: "w", dtype: "float32", shape: ["k", 3] },
  ],
  outputs: [{ name: "y", dtype: "float32", shape: [2, 3] }],
});

const vector = (...values: number[]) => hostTensor("float32", [values.length], values);
const code = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return "no error";
  } catch (error) {
    return (error as EngineError).code;
  }
};

let runtime: Runtime;
let session: Session;
beforeAll(async () => {
  runtime = await Runtime.open();
  session = await runtime.createSession(MULTIPLY_ADD, { label: "multiply-add" });
});
afterAll(() => runtime.dispose());

describe("a session's run", () => {
  it("computes every output when none is asked for by name", async () => {
    const { c, d } = await session.run({ a: vector(1, 2, 3), b: vector(4, 5, 6) });
    expect([...(c?.data ?? [])]).toEqual([4, 10, 18]);
    expect(d).toEqual(vector(5, 12, 21));
  });

  it("writes an output in place and leaves out the ones that are not named", async () => {
    const d = vector(0, 0);
    const memory = new Float32Array(4);
    const view: HostTensor = { dtype: "float32", shape: [2], data: memory.subarray(1, 3) };
    const result = await session.run({ a: vector(1, 2), b: vector(3, 4) }, { d });
    expect(Object.keys(result)).toEqual(["d"]);
    expect(result.d).toBe(d);
    expect([...d.data]).toEqual([4, 10]);
    await session.run({ a: vector(1, 2), b: vector(3, 4) }, { d: view, c: "allocate" });
    expect([...memory]).toEqual([0, 4, 10, 0]);
  });

  it("reads and writes shared memory and views with an offset", async () => {
    const shared = new Float32Array(new SharedArrayBuffer(24));
    const a = { ...vector(1, 2), data: shared.subarray(1, 3) };
    a.data.set([5, 6]);
    await session.run({ a, b: vector(1, 1) }, { d: { ...vector(0, 0), data: shared.subarray(3, 5) } });
    expect([...shared]).toEqual([0, 5, 6, 10, 12, 0]);
  });

  it("takes tensors without elements", async () => {
    const { d } = await session.run({ a: vector(), b: vector() });
    expect(d).toEqual(vector());
  });

  it("lets timers fire while it computes", async () => {
    const size = 700;
    const square = { dtype: "float32", shape: ["n", "n"] } as const;
    await using chain = await runtime.createSession(
      encodeModel({
        nodes: Array.from({ length: 30 }, (_, i) => node("MatMul", [i ? `h${i}` : "x", "x"], [`h${i + 1}`])),
        inputs: [{ name: "x", ...square }],
        outputs: [{ name: "h30", ...square }],
      }),
    );
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    await chain.run({ x: zeros("float32", [size, size]) });
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(1);
  });

  it("gives every one of many overlapping runs its own result", async () => {
    const runs = Array.from({ length: 400 }, (_, i) => session.run({ a: vector(i, 1), b: vector(2, i) }));
    for (const [i, { d }] of (await Promise.all(runs)).entries()) expect(d).toEqual(vector(3 * i, i + 1));
  });

  it("tells the names, dtypes and shapes of its inputs and outputs", () => {
    expect(session.inputs).toEqual([
      { name: "a", ...N },
      { name: "b", ...N },
    ]);
    expect(session.outputs.map(({ name }) => name)).toEqual(["c", "d"]);
  });

  it("takes device tensors, which on the CPU are copies in main memory", async () => {
    const b = vector(2, 2);
    await using uploaded = runtime.upload(b);
    b.data.fill(0);
    const { d } = await session.run({ a: vector(1, 2), b: uploaded });
    expect(d).toEqual(vector(3, 6));
    const target = runtime.upload(vector(0, 0));
    expect(await session.run({ a: vector(1, 2), b: uploaded }, { d: target })).toEqual({});
    expect(await target.download()).toEqual(vector(3, 6));
    await target.dispose();
    expect(await code(target.download())).toBe("engine/disposed");
    expect(await code(session.run({ a: vector(1), b: target }))).toBe("engine/wrong-shape");
    expect(await code(session.run({ a: vector(1, 1), b: target }))).toBe("engine/disposed");
  });
});

describe("a session's run refuses, before native code is reached,", () => {
  const good = { a: vector(1, 2), b: vector(3, 4) };
  it("a name that the graph lacks, and a missing one", async () => {
    expect(await code(session.run({ ...good, z: vector(1) }))).toBe("engine/unknown-input");
    expect(await code(session.run({ a: vector(1) }))).toBe("engine/missing-input");
    expect(await code(session.run(good, { z: "allocate" }))).toBe("engine/unknown-output");
  });

  it("another dtype", async () => {
    const b = hostTensor("int32", [2], [1, 2]);
    expect(await code(session.run({ ...good, b }))).toBe("engine/wrong-dtype");
    expect(await code(session.run(good, { d: hostTensor("int64", [2], [1, 2]) }))).toBe("engine/wrong-dtype");
  });

  it("another rank, another fixed size, and a named size that differs between inputs", async () => {
    await using matrix = await runtime.createSession(MATRIX);
    const x = zeros("float32", [2, 4]);
    const w = zeros("float32", [4, 3]);
    expect(await code(matrix.run({ x, w: zeros("float32", [4]) }))).toBe("engine/wrong-shape");
    expect(await code(matrix.run({ x: zeros("float32", [3, 4]), w }))).toBe("engine/wrong-shape");
    expect(await code(matrix.run({ x, w }, { y: zeros("float32", [3, 2]) }))).toBe("engine/wrong-shape");
    expect(await code(session.run({ a: vector(1), b: vector(1, 2) }))).toBe("engine/wrong-shape");
    expect(await code(session.run(good, { d: vector(1) }))).toBe("engine/wrong-shape");
    const negative = { dtype: "float32", shape: [-1], data: new Float32Array(0) } as const;
    expect(await code(session.run({ a: negative, b: negative }))).toBe("engine/wrong-shape");
  });

  it("data that does not have the elements or the class it should", async () => {
    const short = { dtype: "float32", shape: [2], data: new Float32Array(1) } as const;
    expect(await code(session.run({ ...good, b: short }))).toBe("engine/wrong-element-count");
    expect(await code(session.run(good, { d: short }))).toBe("engine/wrong-element-count");
    const other = { dtype: "float32", shape: [2], data: new Float64Array(2) } as unknown as HostTensor;
    expect(await code(session.run({ ...good, b: other }))).toBe("engine/wrong-array");
  });

  it("detached and resizable buffers", async () => {
    const b = vector(1, 2);
    structuredClone(b.data.buffer, { transfer: [b.data.buffer as ArrayBuffer] });
    expect(await code(session.run({ ...good, b }))).toBe("engine/detached-buffer");
    const Resizable = ArrayBuffer as unknown as new (
      length: number,
      o: { maxByteLength: number },
    ) => ArrayBuffer;
    const data = new Float32Array(new Resizable(8, { maxByteLength: 16 }), 0, 2);
    expect(await code(session.run({ ...good, b: { dtype: "float32", shape: [2], data } }))).toBe(
      "engine/resizable-buffer",
    );
  });

  it("a buffer that is transferred while the run waits for its turn", async () => {
    const runs = Array.from({ length: 8 }, () => session.run(good));
    const b = vector(1, 2);
    const late = code(session.run({ ...good, b }));
    structuredClone(b.data.buffer, { transfer: [b.data.buffer as ArrayBuffer] });
    expect(await late).toBe("engine/detached-buffer");
    await Promise.all(runs);
  });
});

describe("a session", () => {
  it("reports what onnxruntime says when a run fails, and still works afterwards", async () => {
    await using matrix = await runtime.createSession(MATRIX, { label: "matrix" });
    const run = matrix.run({ x: zeros("float32", [2, 4]), w: zeros("float32", [5, 3]) });
    await expect(run).rejects.toMatchObject({ code: "engine/runtime-failed", fault: "work" });
    await expect(run).rejects.toThrow(/session matrix: onnxruntime says: .*MatMul/);
    const { y } = await matrix.run({ x: zeros("float32", [2, 4]), w: zeros("float32", [4, 3]) });
    expect(y?.shape).toEqual([2, 3]);
  });

  it("ends its runs before it is disposed of, and refuses later ones", async () => {
    const short = await runtime.createSession(MULTIPLY_ADD);
    const runs = Array.from({ length: 20 }, () => short.run({ a: vector(1), b: vector(1) }));
    const disposed = short.dispose();
    expect(await code(short.run({ a: vector(1), b: vector(1) }))).toBe("engine/disposed");
    await disposed;
    for (const { d } of await Promise.all(runs)) expect(d).toEqual(vector(2));
    await short.dispose(); // a second call does nothing
    await short[Symbol.asyncDispose]();
  });

  it("is refused for bytes and files that are not a model", async () => {
    expect(await code(runtime.createSession(Uint8Array.of(1, 2, 3)))).toBe("engine/runtime-failed");
    expect(await code(runtime.createSession(new Uint8Array(0)))).toBe("engine/no-model");
    expect(await code(runtime.createSession("no/such/file.onnx"))).toBe("engine/no-model");
    expect(await code(runtime.createSession(tmpdir()))).toBe("engine/unreadable-model");
    expect(await code(runtime.createSession(MATRIX, { config: { "": "1" } }))).toBe("engine/runtime-failed");
  });

  it("loads from a file and writes a profile", async () => {
    const folder = mkdtempSync(join(tmpdir(), "relata-engine-"));
    try {
      const path = join(folder, "ä model.onnx");
      writeFileSync(path, MULTIPLY_ADD);
      await using profiled = await runtime.createSession(path, { profile: join(folder, "profile") });
      await profiled.run({ a: vector(1), b: vector(1) });
      expect(existsSync(profiled.endProfiling())).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
