// The shift between samples whose distributions are known, and the controls: one distribution, permuted origins.
import { describe, expect, it } from "vitest";
import { seededIndex } from "../../evaluation/seeded-random.ts";
import { areaUnder, LEAST_CLUSTERS, type Sample, shiftOf } from "./shift.ts";

const random = seededIndex(11);
const uniform = () => random(2 ** 32) / 2 ** 32 - 0.5;
/** A sum of twelve uniform numbers has variance 1. */
const normal = () => Array.from({ length: 12 }, uniform).reduce((sum, value) => sum + value, 0);
const sample = (count: number, shift: number): Sample => ({
  vectors: Array.from({ length: count }, () => Float32Array.of(normal() + shift, normal(), normal())),
  clusters: Array.from({ length: count }, (_, i) => `${i}`),
});

describe("the area under the curve", () => {
  it("is the share of ordered pairs, ties counted half", () => {
    // Generated 3 and 1, real 2 and 1: of four pairs two are ordered, one is tied.
    expect(areaUnder([3, 1, 2, 1], [true, true, false, false])).toBe((2 + 0.5) / 4);
    expect(areaUnder([5, 5], [true, false])).toBe(0.5);
  });
});

describe("the shift", () => {
  it("is nothing between two samples of one distribution", () => {
    const shift = shiftOf(sample(200, 0), sample(200, 0))!;
    expect(shift.pValue).toBeGreaterThan(0.05);
    expect(shift.auc).toBeLessThan(0.6);
    expect(Math.abs(shift.mmd)).toBeLessThan(0.01);
    expect(shift.weights.effectiveShare).toBeGreaterThan(0.95);
    expect(shift.weights.heaviestTenth).toBeLessThan(0.15);
  });

  it("is what two normal distributions a deviation apart give", () => {
    const shift = shiftOf(sample(400, 0), sample(400, 1))!;
    // The best possible area is P(N(1, 2) > 0) = Phi(1 / sqrt 2) = 0.760.
    expect(shift.auc).toBeGreaterThan(0.7);
    expect(shift.auc).toBeLessThan(0.82);
    expect(shift.interval[0]).toBeLessThan(shift.auc);
    expect(shift.interval[1]).toBeGreaterThan(shift.auc);
    expect(shift.pValue).toBe(1 / 101);
    expect(shift.permuted.upper).toBeLessThan(0.6);
    // Weights exp(1/2 - x) under N(1, 1): an effective share of exp(-1) = 0.37.
    expect(shift.weights.effectiveShare).toBeGreaterThan(0.25);
    expect(shift.weights.effectiveShare).toBeLessThan(0.55);
    expect(shift.mmd).toBeGreaterThan(0.05);
  });

  it("does not take copies within clusters for evidence: origins are permuted by cluster", () => {
    // Ten clusters of each origin, twenty copies each: a classifier of rows could memorize clusters.
    const copies = (name: string): Sample => {
      const centres = Array.from({ length: 10 }, () => [normal(), normal(), normal()]);
      return {
        vectors: centres.flatMap((centre) => Array.from({ length: 20 }, () => Float32Array.from(centre))),
        clusters: centres.flatMap((_, i) => Array.from({ length: 20 }, () => `${name} ${i}`)),
      };
    };
    expect(shiftOf(copies("a"), copies("b"))!.pValue).toBeGreaterThan(0.01);
  });

  it("is not known from fewer than ten clusters", () => {
    expect(shiftOf(sample(LEAST_CLUSTERS - 1, 0), sample(50, 0))).toBeUndefined();
  });
});
