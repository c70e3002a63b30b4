import { describe, expect, it } from "vitest";
import { mapConcurrently } from "./concurrently.ts";

describe("mapConcurrently", () => {
  it("keeps the order of the items and never exceeds the limit", async () => {
    let running = 0;
    let most = 0;
    const results = await mapConcurrently([5, 1, 4, 2, 3], 2, async (n) => {
      most = Math.max(most, ++running);
      for (let i = 0; i < n; i++) await Promise.resolve();
      running--;
      return n * n;
    });
    expect(results).toEqual([25, 1, 16, 4, 9]);
    expect(most).toBe(2);
    expect(await mapConcurrently([], 2, async (n) => n)).toEqual([]);
  });

  it("begins nothing more after an error", async () => {
    const begun: number[] = [];
    const map = async (n: number) => {
      begun.push(n);
      if (n === 1) throw new Error("one");
    };
    await expect(mapConcurrently([0, 1, 2, 3, 4, 5, 6, 7], 1, map)).rejects.toThrow("one");
    expect(begun).toEqual([0, 1]);
  });

  it("throws the error only when what was under way has ended", async () => {
    let hasEnded = false;
    const map = async (n: number) => {
      if (n === 0) throw new Error("zero");
      for (let i = 0; i < 20; i++) await Promise.resolve();
      hasEnded = true;
    };
    await expect(mapConcurrently([0, 1, 2], 2, map)).rejects.toThrow("zero");
    expect(hasEnded).toBe(true);
  });
});
