import { describe, expect, it } from "vitest";
import { AdaptingLimits } from "./batch-limits.ts";
import { MeasuredRate } from "./measured-rate.ts";

describe("the limits of a batch", () => {
  it("are those of the settings until something was measured, then what is read in a second", () => {
    const limits = new AdaptingLimits({ posts: 32, tokens: 8192 });
    expect(limits.next(100)).toEqual({ posts: 32, tokens: 8192 });
    limits.learn(1000, 2);
    expect(limits.next(100)).toEqual({ posts: 32, tokens: 500 });
    expect(limits.next(3).posts).toBe(3);
    expect(limits.next(0).posts).toBe(1);
  });

  it("never forbid the first post", () => {
    const limits = new AdaptingLimits({ posts: 1, tokens: 1 });
    limits.learn(1, 1000);
    expect(limits.next(9)).toEqual({ posts: 1, tokens: 1 });
  });
});

describe("a measured rate", () => {
  it("is unknown at first, and counts work that is done at the same time", () => {
    const rate = new MeasuredRate();
    expect(rate.perSecond).toBeUndefined();
    rate.add(10, 2);
    expect(rate.perSecond).toBeCloseTo(5);
    const two = new MeasuredRate();
    two.add(10, 2, 2);
    expect(two.perSecond).toBeCloseTo(10);
  });

  it("forgets half of the past in ten seconds of work", () => {
    const rate = new MeasuredRate();
    for (let i = 0; i < 100; i++) rate.add(100, 1);
    rate.add(0, 10);
    // What was done before counts half, with half of its time, and ten seconds of nothing come on top.
    const before = 1 / (1 - 0.5 ** 0.1);
    expect(rate.perSecond).toBeCloseTo((100 * before * 0.5) / (before * 0.5 + 10), 1);
  });
});
