// Tests of the schedules against the values of transformers 5.23, computed with torch.optim.lr_scheduler.
import { describe, expect, test } from "vitest";
import { learningRateFactor, type Schedule, warmupSteps } from "./schedule.ts";

function factors(schedule: Schedule, totalSteps: number, count: number): number[] {
  return Array.from({ length: count }, (_, step) => learningRateFactor(schedule, step, totalSteps));
}

describe("learningRateFactor", () => {
  test("linear with warm-up equals get_linear_schedule_with_warmup(3, 10)", () => {
    expect(factors({ kind: "linear", warmupSteps: 3 }, 10, 12)).toEqual([
      0, 0.3333333333333333, 0.6666666666666666, 1, 0.8571428571428571, 0.7142857142857143,
      0.5714285714285714, 0.42857142857142855, 0.2857142857142857, 0.14285714285714285, 0, 0,
    ]);
  });

  test("linear without warm-up starts at 1", () => {
    expect(factors({ kind: "linear" }, 4, 5)).toEqual([1, 0.75, 0.5, 0.25, 0]);
  });

  test("cosine with warm-up equals get_cosine_schedule_with_warmup(2, 8)", () => {
    const reference = [0, 0.5, 1, 0.9330127018922194, 0.75, 0.5, 0.2500000000000001, 0.06698729810778065, 0];
    factors({ kind: "cosine", warmupSteps: 2 }, 8, 9).forEach((factor, i) => {
      expect(factor).toBeCloseTo(reference[i] as number, 15);
    });
  });

  test("constant with warm-up equals get_constant_schedule_with_warmup(3)", () => {
    expect(factors({ kind: "constant", warmupSteps: 3 }, 5, 5)).toEqual([0, 1 / 3, 2 / 3, 1, 1]);
  });

  test("a warm-up ratio is rounded up to whole steps, as in transformers", () => {
    expect(warmupSteps({ kind: "linear", warmupRatio: 0.06 }, 1000)).toBe(60);
    expect(warmupSteps({ kind: "linear", warmupRatio: 0.06 }, 1001)).toBe(61);
    expect(warmupSteps({ kind: "linear", warmupRatio: 0 }, 1001)).toBe(0);
    expect(warmupSteps({ kind: "linear" }, 10)).toBe(0);
  });

  test("contradictory or impossible warm-ups are refused", () => {
    const refused = expect.objectContaining({ code: "training/bad-schedule" });
    expect(() => warmupSteps({ kind: "linear", warmupRatio: 0.1, warmupSteps: 3 }, 10)).toThrow(refused);
    expect(() => warmupSteps({ kind: "linear", warmupRatio: 1.5 }, 10)).toThrow(refused);
    expect(() => warmupSteps({ kind: "linear", warmupSteps: -1 }, 10)).toThrow(refused);
  });
});
