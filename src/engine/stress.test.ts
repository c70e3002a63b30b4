// Runs thousands of sessions with forced garbage collection: nothing may crash, mix up results or leak.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { beforeAll, describe, expect, it } from "vitest";
import { hostTensor } from "../graph/host-tensor.ts";
import { encodeModel, node } from "./onnx-model.ts";
import { Runtime } from "./runtime.ts";
import type { Session } from "./session.ts";

const MEGABYTE = 2 ** 20;
/** Allowed growth of the process after warming up; a leak of one OrtValue or array per run would be tens of times larger. */
const TOLERATED_GROWTH = 48 * MEGABYTE;

let collectGarbage: () => void;
beforeAll(() => {
  setFlagsFromString("--expose-gc");
  collectGarbage = runInNewContext("gc") as () => void;
});

const matrix = { dtype: "float32", shape: ["rows", 64] } as const;
/** y = (x + x) * x, and z = y summed over its rows' elements by pairs with itself: enough to use the arena. */
const MODEL = encodeModel({
  nodes: [
    node("Add", ["x", "x"], ["double"]),
    node("Mul", ["double", "x"], ["y"]),
    node("Exp", ["y"], ["z"]),
  ],
  inputs: [{ name: "x", ...matrix }],
  outputs: [
    { name: "y", ...matrix },
    { name: "z", ...matrix },
  ],
});

async function settledBytes(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, 10)); // finalizers run between turns of the event loop
  }
  return process.memoryUsage().rss;
}

async function growth(
  warmUp: number,
  rounds: number,
  round: (index: number) => Promise<void>,
): Promise<number> {
  for (let i = 0; i < warmUp; i++) await round(i);
  const before = await settledBytes();
  for (let i = 0; i < rounds; i++) {
    await round(i);
    if (i % 10 === 0) collectGarbage();
  }
  return (await settledBytes()) - before;
}

describe("the engine under stress", () => {
  it("creates and disposes of thousands of sessions without growing", async () => {
    await using runtime = await Runtime.open({ threads: 2 });
    const x = hostTensor("float32", [1, 64], Array(64).fill(1));
    const grown = await growth(40, 60, async () => {
      await Promise.all(
        Array.from({ length: 20 }, async () => {
          await using session = await runtime.createSession(MODEL);
          const { y } = await session.run({ x }, { y: "allocate" });
          expect(y?.data[63]).toBe(2);
        }),
      );
    });
    expect(grown).toBeLessThan(TOLERATED_GROWTH);
  });

  it("runs thousands of times at once, in place and allocating, in changing shapes, without growing", async () => {
    await using runtime = await Runtime.open({ threads: 2 });
    await using session = await runtime.createSession(MODEL);
    const grown = await growth(10, 60, (round) => overlappingRuns(session, round));
    expect(grown).toBeLessThan(TOLERATED_GROWTH);
  });

  it("survives failing runs, with everything released", async () => {
    await using runtime = await Runtime.open({ threads: 2 });
    const anyWidth = { dtype: "float32", shape: ["rows", "width"] } as const;
    await using session = await runtime.createSession(
      encodeModel({
        nodes: [node("MatMul", ["a", "b"], ["c"])],
        inputs: [
          { name: "a", ...anyWidth, shape: ["m", "k"] },
          { name: "b", ...anyWidth, shape: ["l", "n"] },
        ],
        outputs: [{ name: "c", ...anyWidth, shape: ["m", "n"] }],
      }),
    );
    const grown = await growth(10, 40, async () => {
      const tensors = () => hostTensor("float32", [200, 300], new Float32Array(60_000));
      const runs = Array.from({ length: 20 }, () => session.run({ a: tensors(), b: tensors() }));
      for (const result of await Promise.allSettled(runs)) expect(result.status).toBe("rejected");
    });
    expect(grown).toBeLessThan(TOLERATED_GROWTH);
  });

  it("keeps its arrays alive while native code works on them, though nobody else does", async () => {
    await using runtime = await Runtime.open({ threads: 1 });
    await using session = await runtime.createSession(MODEL);
    const runs = Array.from({ length: 60 }, (_, i) => {
      const run = session.run({ x: hostTensor("float32", [500, 64], new Float32Array(32_000).fill(i % 3)) });
      if (i % 5 === 0) collectGarbage();
      for (let k = 0; k < 4; k++) new Float32Array(32_000).fill(Number.NaN); // would overwrite memory that was freed too early
      return run;
    });
    for (const [i, { y }] of (await Promise.all(runs)).entries()) {
      expect(y?.data.every((value) => value === 2 * (i % 3) ** 2)).toBe(true);
    }
  });
});

async function overlappingRuns(session: Session, round: number): Promise<void> {
  const runs = Array.from({ length: 50 }, async (_, i) => {
    const rows = 1 + ((7 * i + round) % 40);
    const value = (i % 7) / 8;
    const x = hostTensor("float32", [rows, 64], new Float32Array(rows * 64).fill(value));
    const inPlace = hostTensor("float32", [rows, 64], new Float32Array(rows * 64));
    const { y, z } = await session.run({ x }, i % 2 ? { y: inPlace, z: "allocate" } : { y: inPlace });
    expect(y).toBe(inPlace);
    expect(y?.data.every((element) => element === 2 * value * value)).toBe(true);
    if (i % 2) expect(z?.data[0]).toBeCloseTo(Math.exp(2 * value * value), 5);
  });
  await Promise.all(runs);
}
