// Instability of trainings against logs whose noise, spikes and trends were put there.
import { describe, expect, it } from "vitest";
import { instabilityOf, type LoggedSteps } from "./instability.ts";

const log = (losses: readonly number[], norms?: readonly number[], every = 1): LoggedSteps[] =>
  losses.map((loss, i) => ({ step: (i + 1) * every, loss, gradientNorm: norms?.[i] }));

describe("instability", () => {
  it("is the noise around the trend: a steep straight line has none", () => {
    const { lossNoise, loss, learned } = instabilityOf(log([5, 4, 3, 2, 1]))!;
    expect(lossNoise).toBe(0);
    expect([loss, learned]).toEqual([[5, 1], true]);
  });

  it("is what the second difference of a zigzag says, times the root of the steps of a line", () => {
    // Residuals 1, -1, 1 of the three inner lines: sqrt(2/3 * 1); four steps a line double it.
    const losses = [1, 2, 1, 2, 1];
    expect(instabilityOf(log(losses))!.lossNoise).toBeCloseTo(Math.sqrt(2 / 3) * 1, 12);
    const { lossNoise, relativeLossNoise } = instabilityOf(log(losses, undefined, 4))!;
    expect(lossNoise).toBeCloseTo(2 * Math.sqrt(2 / 3), 12);
    expect(relativeLossNoise).toBeCloseTo(lossNoise / 1.4, 12);
  });

  it("finds the deviation of noise that was added to a curve", () => {
    let state = 7;
    const uniform = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
    // Uniform in +-1/2 has the deviation sqrt(1/12) = 0.289.
    const losses = Array.from({ length: 4000 }, (_, i) => 3 * Math.exp(-i / 800) + uniform() - 0.5);
    expect(instabilityOf(log(losses))!.lossNoise).toBeCloseTo(Math.sqrt(1 / 12), 1);
  });

  it("counts gradient norms above twice the median of their neighbours", () => {
    const losses = [6, 5, 4, 3, 2, 1];
    const steady = instabilityOf(log(losses, [1, 1.9, 1, 1, 1, 1]))!;
    expect([steady.gradientSpikes, steady.largestGradientRatio]).toEqual([0, 1.9]);
    const spiky = instabilityOf(log(losses, [1, 9, 1, 1, 5, 1]))!;
    expect([spiky.gradientSpikes, spiky.largestGradientRatio]).toEqual([2, 9]);
    // Norms that grow with the trend are not spikes.
    expect(instabilityOf(log(losses, [1, 1.2, 1.4, 1.7, 2, 2.4]))!.gradientSpikes).toBe(0);
    expect(instabilityOf(log(losses))!.gradientSpikes).toBeUndefined();
  });

  it("says that nothing was learned when the loss stays, or nothing was ever right", () => {
    expect(instabilityOf(log([2, 2.1, 1.9, 2, 2.1, 2]))!.learned).toBe(false);
    expect(instabilityOf(log([5, 4, 3, 2, 1]), 0)!.learned).toBe(false);
    expect(instabilityOf(log([5, 4, 3, 2, 1]), 0.1)!.learned).toBe(true);
  });

  it("is not known from two lines", () => {
    expect(instabilityOf(log([2, 1]))).toBeUndefined();
  });
});
