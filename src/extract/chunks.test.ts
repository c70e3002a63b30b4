import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inChunks } from "../base/in-chunks.ts";
import { inTwoStages } from "./chunks.ts";

const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};

describe("inChunks", () => {
  it("cuts any stream into full chunks and one rest, in order", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat()), fc.integer({ min: 1, max: 7 }), async (items, size) => {
        const chunks = await collect(inChunks(items, size));
        expect(chunks.flat()).toEqual(items);
        expect(chunks.slice(0, -1).every((chunk) => chunk.length === size)).toBe(true);
        expect(chunks.every((chunk) => chunk.length > 0)).toBe(true);
      }),
    );
  });
});

describe("inTwoStages", () => {
  it("prepares one chunk ahead and no more, and keeps the order", async () => {
    const events: string[] = [];
    const later = () => new Promise((resolve) => setImmediate(resolve));
    const results = inTwoStages(
      inChunks([1, 2, 3, 4], 1),
      async ([n]) => {
        events.push(`prepare ${n}`);
        await later();
        return n!;
      },
      async (n) => {
        await later();
        await later();
        events.push(`finish ${n}`);
        return n;
      },
    );
    expect(await collect(results)).toEqual([1, 2, 3, 4]);
    expect(events).toEqual([
      "prepare 1",
      "prepare 2",
      "finish 1",
      "prepare 3",
      "finish 2",
      "prepare 4",
      "finish 3",
      "finish 4",
    ]);
  });

  it("closes the source when the consumer stops, and when a stage fails", async () => {
    let closed = 0;
    async function* source() {
      try {
        for (let n = 0; ; n++) yield n;
      } finally {
        closed++;
      }
    }
    for await (const n of inTwoStages(
      source(),
      async (n) => n,
      async (n) => n,
    ))
      if (n === 3) break;
    expect(closed).toBe(1);
    const broken = inTwoStages(
      source(),
      async (n) => (n === 2 ? Promise.reject(new Error("two")) : n),
      async (n) => n,
    );
    await expect(collect(broken)).rejects.toThrow("two");
    expect(closed).toBe(2);
    const unfinished = inTwoStages(
      source(),
      async (n) => n,
      () => Promise.reject(new Error("finish")),
    );
    await expect(collect(unfinished)).rejects.toThrow("finish");
    expect(closed).toBe(3);
  });
});
