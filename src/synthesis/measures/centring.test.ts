// Means with intervals over clusters, and centring, against numbers worked out by hand.
import { describe, expect, it } from "vitest";
import { CentreOf, centred } from "./centring.ts";
import { ClusteredMean } from "./clustered-mean.ts";
import { cosineDistance } from "./drift.ts";

describe("a mean over clusters", () => {
  it("has the interval of independent clusters, not of their numbers", () => {
    const mean = new ClusteredMean();
    for (const [cluster, value] of [
      ["a", 0],
      ["a", 0],
      ["b", 1],
      ["b", 1],
    ] as const)
      mean.add(cluster, value);
    // Sums 0 and 2 of 2 numbers each; deviations from the mean 1/2 are -1 and 1; error sqrt(2/1 * 2) / 4 = 1/2.
    const { count, mean: value, interval } = mean.result();
    expect([count, value]).toEqual([4, 0.5]);
    expect(interval![0]).toBeCloseTo(0.5 - 1.959964 / 2, 10);
    expect(interval![1]).toBeCloseTo(0.5 + 1.959964 / 2, 10);
  });

  it("is narrower if the same numbers are of four clusters", () => {
    const mean = new ClusteredMean();
    ["a", "b", "c", "d"].forEach((cluster, i) => {
      mean.add(cluster, i % 2);
    });
    // Deviations of 1/2 each: sqrt(4/3 * 1) / 4.
    expect(mean.result().interval![1] - 0.5).toBeCloseTo((1.959964 * Math.sqrt(4 / 3)) / 4, 10);
  });

  it("has no interval with one cluster, and no mean to speak of without numbers", () => {
    const mean = new ClusteredMean();
    expect(mean.result()).toEqual({ count: 0, mean: 0, spread: 0, interval: undefined });
    mean.add("a", 3);
    mean.add("a", 5);
    expect(mean.result()).toMatchObject({ count: 2, mean: 4, interval: undefined });
  });

  it("covers the true mean in 95 of 100 draws of clusters, within chance", () => {
    let covered = 0;
    let state = 1;
    const uniform = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
    const DRAWS = 400;
    for (let draw = 0; draw < DRAWS; draw++) {
      const mean = new ClusteredMean();
      for (let cluster = 0; cluster < 200; cluster++) {
        const common = uniform() - 0.5;
        for (let i = 0; i < 4; i++) mean.add(`${draw}/${cluster}`, common + 0.1 * (uniform() - 0.5));
      }
      const [low, high] = mean.result().interval!;
      if (low <= 0 && 0 <= high) covered++;
    }
    // 380 of 400 are expected, with a standard deviation of 4.4.
    expect(covered).toBeGreaterThan(362);
    expect(covered).toBeLessThan(398);
  });
});

describe("centring", () => {
  it("takes vectors at length 1 less their mean, so that a common direction no longer hides the rest", () => {
    const sum = new CentreOf();
    const [a, b] = [Float32Array.of(30, 40), Float32Array.of(0.3, -0.4)];
    sum.add(a);
    sum.add(b);
    const centre = sum.centre()!;
    expect([...centre.mean]).toEqual([expect.closeTo(0.6, 6), expect.closeTo(0, 6)]);
    expect(centre.variance).toBeCloseTo(0.64, 6);
    expect(cosineDistance(a, b)).toBeCloseTo(1.28, 6); // 1 - (0.36 - 0.64)
    expect(cosineDistance(centred(a, centre), centred(b, centre))).toBeCloseTo(2, 6); // 0.8 up, 0.8 down
  });

  it("leaves vectors of one direction as they are: copies must stay alike", () => {
    const sum = new CentreOf();
    for (const scale of [1, 2, 3]) sum.add(Float32Array.of(scale * 0.1, scale * 0.7));
    expect(sum.centre()).toBeUndefined();
    const copy = Float32Array.of(0.1, 0.7);
    expect(centred(copy, undefined)).toBe(copy);
    expect(new CentreOf().centre()).toBeUndefined();
  });
});
