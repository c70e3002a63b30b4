import type { Worker } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AdamW } from "./adamw.ts";
import { Parameters } from "./parameters.ts";

const GROUPS = [
  { name: "decay", weightDecay: 0.01, learningRateScale: 1 },
  { name: "head", weightDecay: 0, learningRateScale: 10 },
];
/** Enough for three threads; not a multiple of a block or of the kernel's turn. */
const SIZES = { w: 3 * 2 ** 20 + 1003, b: 2 ** 17 + 17 } as const;

function model(sizes: { w: number; b: number } = SIZES): Parameters {
  const parameters = Parameters.create(
    [
      { name: "w", shape: [sizes.w], group: "decay" },
      { name: "b", shape: [sizes.b], group: "head" },
    ],
    GROUPS,
  );
  for (const name of parameters.names()) fill(parameters.weight(name).data, 1);
  return parameters;
}

/** A 16-bit pattern with both signs. */
function fill(data: Float32Array, seed: number): void {
  let state = seed * 2654435761;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    data[i] = (state >> 16) / 2 ** 15;
  }
}

function setGradients(parameters: Parameters, seed: number): void {
  for (const name of parameters.names()) fill(parameters.gradient(name).data, seed);
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) =>
  Buffer.from(buffer, byteOffset, byteLength);

/** All worker threads that were started in this test. */
const started: Worker[] = [];
const remember = (worker: Worker) => started.push(worker);
beforeEach(() => {
  started.length = 0;
  process.on("worker", remember);
});
afterEach(() => {
  process.off("worker", remember);
});

describe("AdamW on several threads", () => {
  it("computes the same bits on one, two and three, clipped, with accumulation and without", async () => {
    for (const microBatches of [1, 2]) {
      const run = async (threads: number) => {
        const parameters = model();
        const before = started.length;
        await using optimizer = new AdamW(parameters, { accumulation: microBatches, threads });
        const norms: number[] = [];
        for (let step = 1; step <= 2; step++) {
          for (let micro = 0; micro < microBatches; micro++) {
            setGradients(parameters, 10 * step + micro);
            await optimizer.accumulate();
          }
          const options = { maxGradientNorm: 1, accumulated: microBatches };
          norms.push((await optimizer.apply(step, 1e-3, options)).gradientNorm);
        }
        expect(started.length - before).toBe(threads - 1);
        return { parameters, norms };
      };
      const one = await run(1);
      for (const other of [await run(2), await run(3)]) {
        expect(other.norms).toEqual(one.norms);
        for (const name of one.parameters.names()) {
          for (const view of ["weight", "firstMoment", "secondMoment"] as const) {
            const expected = bytesOf(one.parameters[view](name).data);
            expect(bytesOf(other.parameters[view](name).data).equals(expected)).toBe(true);
          }
        }
      }
    }
  });

  it("starts no threads for a small model", async () => {
    const parameters = model({ w: 1000, b: 10 });
    await using optimizer = new AdamW(parameters, { threads: 4 });
    await optimizer.apply(1, 1e-3, { accumulated: 1 });
    expect(started).toEqual([]);
  });

  it("fails when a thread dies, between steps or during one, and does not hang", async () => {
    for (const during of [false, true]) {
      const parameters = model();
      await using optimizer = new AdamW(parameters, { threads: 2 });
      setGradients(parameters, 1);
      await optimizer.apply(1, 1e-3, { accumulated: 1 });
      const worker = started.at(-1)!; // threads: 2 makes one
      if (!during) await worker.terminate();
      const applied = optimizer.apply(2, 1e-3, { accumulated: 1 });
      if (during) void worker.terminate();
      await expect(applied).rejects.toMatchObject({
        code: "engine/thread-died",
        fault: "work",
        remedy: expect.stringContaining("threads: 1"),
      });
    }
  });

  it("ends its threads when disposed of, after the step under way, and refuses further steps", async () => {
    const parameters = model();
    const optimizer = new AdamW(parameters, { threads: 2 });
    setGradients(parameters, 1);
    const applied = optimizer.apply(1, 1e-3, { accumulated: 1 });
    await optimizer.dispose();
    expect(Number.isFinite((await applied).gradientNorm)).toBe(true);
    expect(started.map(({ threadId }) => threadId)).toEqual([-1]); // Node's number of a thread that has ended
    await expect(optimizer.apply(2, 1e-3, { accumulated: 1 })).rejects.toMatchObject({
      code: "engine/disposed",
    });
    await optimizer.dispose(); // a second call does nothing
  });

  it("refuses a number of threads that makes no sense", () => {
    for (const threads of [0, 1.5, Number.NaN]) {
      expect(() => new AdamW(model({ w: 1, b: 1 }), { threads })).toThrow(/threads must be an integer/);
    }
  });
});
