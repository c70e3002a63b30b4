import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mixupPlan, mixupPool, withoutMixing } from "./mixup-plan.ts";

const config = { enabled: true, rows: "pool", delta: 0.7, unmixedShare: 0.6, alpha: 1 } as const;
const inOrder = (count: number) => Array.from({ length: count }, (_, i) => i);
const reversed = (count: number) => inOrder(count).reverse();

describe("mixupPool", () => {
  it("takes the first and the last delta/2 of the rows, counted by cutting both ends down", () => {
    // 16 rows: trunc(5.6) = 5 from the front, and all from row trunc(10.4) = 10 on
    expect(mixupPool(16, 0.7)).toEqual([0, 1, 2, 3, 4, 10, 11, 12, 13, 14, 15]);
    expect(mixupPool(12, 0.7)).toEqual([0, 1, 2, 3, 7, 8, 9, 10, 11]);
  });

  it("takes nothing with delta 0 and everything with delta 1", () => {
    expect(mixupPool(6, 0)).toEqual([]);
    expect(mixupPool(6, 1)).toEqual([0, 1, 2, 3, 4, 5]);
  });
});

describe("mixupPlan", () => {
  it("keeps the first 40 % of the pool mixed, all of H and 60 % of H* unmixed", () => {
    expect(mixupPlan(8, true, config, reversed)).toEqual({
      unmixed: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], // 8 of H, trunc(4.8) = 4 of H*
      mixedA: [0, 1, 2, 3], // trunc(11 * 0.4) = 4
      mixedB: [15, 14, 13, 12],
    });
  });

  it("mixes rows of H alone when there is no attention across samples", () => {
    const plan = mixupPlan(8, false, config, reversed);
    expect(plan).toEqual({ unmixed: [0, 1, 2, 3, 4, 5, 6, 7], mixedA: [0, 1], mixedB: [7, 6] });
  });

  it("has nothing to mix in a batch of one", () => {
    expect(mixupPlan(1, true, config, inOrder).mixedA).toEqual([]);
  });

  it("mixes every row and keeps every row unmixed with rows all, whatever the shares", () => {
    expect(mixupPlan(2, true, { ...config, rows: "all", delta: 0, unmixedShare: 1 }, reversed)).toEqual({
      unmixed: [0, 1, 2, 3],
      mixedA: [0, 1, 2, 3],
      mixedB: [3, 2, 1, 0],
    });
  });

  it("keeps the same rows unmixed at every delta, 0 included", () => {
    const unmixed = [0, 0.3, 0.7, 1].map(
      (delta) => mixupPlan(8, true, { ...config, delta }, inOrder).unmixed,
    );
    for (const rows of unmixed) expect(rows).toEqual(inOrder(12));
    expect(mixupPlan(8, true, { ...config, delta: 0 }, inOrder).mixedA).toEqual([]);
  });

  it("mixes the share that the two constants say, in spite of floating point", () => {
    // 5 * (1 - 0.8) is 0.9999999999999998 in floating point; 45 * 0.2 is 9.
    const mixed = (batch: number, delta: number, unmixedShare: number) =>
      mixupPlan(batch, true, { ...config, delta, unmixedShare }, inOrder).mixedA.length;
    expect(mixupPool(8, 0.7)).toHaveLength(5);
    expect(mixed(4, 0.7, 0.8)).toBe(1);
    expect(mixupPool(64, 0.7)).toHaveLength(45);
    expect(mixed(32, 0.7, 0.8)).toBe(9);
    const tenths = fc.integer({ min: 0, max: 10 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 }), tenths, tenths, (batch, delta, unmixed) => {
        const pool = mixupPool(2 * batch, delta / 10).length;
        // In integers: nothing is rounded before the division.
        expect(pool).toBe(
          2 * batch - Math.floor((2 * batch * (20 - delta)) / 20) + Math.floor((2 * batch * delta) / 20),
        );
        expect(mixed(batch, delta / 10, unmixed / 10)).toBe(Math.floor((pool * (10 - unmixed)) / 10));
      }),
    );
  });
});

describe("withoutMixing", () => {
  it("trains on H and on all of H*, which is what mixup switched off means", () => {
    expect(mixupPlan(2, true, { ...config, enabled: false }, inOrder)).toEqual(withoutMixing(2, true));
    expect(withoutMixing(2, true).unmixed).toEqual([0, 1, 2, 3]);
    expect(withoutMixing(2, false)).toEqual({ unmixed: [0, 1], mixedA: [], mixedB: [] });
  });
});
