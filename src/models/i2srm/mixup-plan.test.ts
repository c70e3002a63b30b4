import { describe, expect, it } from "vitest";
import { mixupPlan, mixupPool, withoutMixing } from "./mixup-plan.ts";

const config = { enabled: true, delta: 0.7, unmixedShare: 0.6, alpha: 1 };

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
    const permutation = [10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0];
    expect(mixupPlan(8, true, config, permutation)).toEqual({
      unmixed: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], // 8 of H, trunc(4.8) = 4 of H*
      mixedA: [0, 1, 2, 3], // trunc(11 * 0.4) = 4
      mixedB: [15, 14, 13, 12],
    });
  });

  it("mixes rows of H alone when there is no attention across samples", () => {
    const plan = mixupPlan(8, false, config, [4, 3, 2, 1, 0]);
    expect(plan).toEqual({ unmixed: [0, 1, 2, 3, 4, 5, 6, 7], mixedA: [0, 1], mixedB: [7, 6] });
  });

  it("has nothing to mix in a batch of one", () => {
    expect(mixupPlan(1, true, config, [0]).mixedA).toEqual([]);
  });
});

describe("withoutMixing", () => {
  it("trains on H and on all of H*", () => {
    expect(withoutMixing(2, true).unmixed).toEqual([0, 1, 2, 3]);
    expect(withoutMixing(2, false)).toEqual({ unmixed: [0, 1], mixedA: [], mixedB: [] });
  });
});
