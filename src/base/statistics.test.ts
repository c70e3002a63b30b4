import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { binOf, meanAndDeviation, quantile } from "./statistics.ts";

const double = fc.double({ noNaN: true, noDefaultInfinity: true });
const doubles = fc.array(
  fc.oneof(
    double,
    fc.constantFrom(5e-324, -5e-324, 0, -0, 1e308, -1e308, Number.MAX_VALUE, -Number.MAX_VALUE),
  ),
  { minLength: 1, maxLength: 30 },
);

describe("meanAndDeviation", () => {
  it("gives what the textbook's formulas give", () => {
    expect(meanAndDeviation([1, 2, 3])).toEqual({ mean: 2, deviation: 1 });
    // numpy.std([0.1, 0.2, 0.4], ddof=1) and numpy.mean
    expect(meanAndDeviation([0.1, 0.2, 0.4]).mean).toBeCloseTo(0.233_333_333_333_333_34, 16);
    expect(meanAndDeviation([0.1, 0.2, 0.4]).deviation).toBeCloseTo(0.152_752_523_165_194_66, 16);
    expect(meanAndDeviation([7])).toEqual({ mean: 7, deviation: undefined });
  });

  it("knows neither overflow nor underflow", () => {
    expect(meanAndDeviation([1e308, 1e308, 1e308])).toEqual({ mean: 1e308, deviation: 0 });
    expect(meanAndDeviation([5e-324, 5e-324])).toEqual({ mean: 5e-324, deviation: 0 });
    expect(meanAndDeviation([1e308, -1e308]).mean).toBe(0);
    expect(meanAndDeviation([1e308, -1e308]).deviation).toBeCloseTo(1.414_213_562_373_095e308, -295);
    expect(meanAndDeviation([1e-200, 3e-200]).deviation).toBeCloseTo(1.414_213_562_373_095e-200, 212);
  });

  it("is not defined for nothing, NaN or infinities", () => {
    expect(meanAndDeviation([])).toEqual({ mean: Number.NaN, deviation: undefined });
    expect(meanAndDeviation([1, Number.NaN])).toEqual({ mean: Number.NaN, deviation: Number.NaN });
    expect(meanAndDeviation([Number.POSITIVE_INFINITY, 1]).mean).toBeNaN();
  });

  it("gives a mean between the smallest and the largest, and no deviation below zero", () => {
    fc.assert(
      fc.property(doubles, (values) => {
        const { mean, deviation } = meanAndDeviation(values);
        expect(mean).toBeGreaterThanOrEqual(Math.min(...values));
        expect(mean).toBeLessThanOrEqual(Math.max(...values));
        expect(
          values.length === 1 ? deviation === undefined : deviation !== undefined && deviation >= 0,
        ).toBe(true);
      }),
    );
  });

  it("scales with its numbers", () => {
    const small = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(small, fc.constantFrom(-1060, -500, 0, 500, 1010), (values, exponent) => {
        const { mean, deviation } = meanAndDeviation(values);
        const scaled = meanAndDeviation(values.map((value) => value * 2 ** exponent));
        expect(scaled.mean).toBeCloseTo(mean * 2 ** exponent, 10 - exponent / 4);
        expect(scaled.deviation).toBeCloseTo((deviation ?? Number.NaN) * 2 ** exponent, 10 - exponent / 4);
      }),
    );
  });
});

describe("quantile", () => {
  it("interpolates as NumPy does", () => {
    // numpy.quantile([1, 2, 4, 8], [0, 0.25, 0.5, 0.9, 1])
    const found = [0, 0.25, 0.5, 0.9, 1].map((q) => quantile([1, 2, 4, 8], q));
    expect(found).toEqual([1, 1.75, 3, expect.closeTo(6.8, 12), 8]);
  });

  it("stays between its neighbours, however far apart", () => {
    expect(quantile([-1e308, 1e308], 0.5)).toBe(0);
    expect(quantile([Number.NEGATIVE_INFINITY, 1, 2], 1)).toBe(2);
    expect(quantile([1, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY], 0.75)).toBe(
      Number.POSITIVE_INFINITY,
    );
    expect(quantile([], 0.5)).toBeNaN();
    fc.assert(
      fc.property(doubles, fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
        const sorted = Float64Array.from(values).sort();
        const found = quantile(sorted, q);
        expect(found).toBeGreaterThanOrEqual(sorted[0]!);
        expect(found).toBeLessThanOrEqual(sorted.at(-1)!);
      }),
    );
  });
});

describe("binOf", () => {
  it("finds the bin whose edges enclose the number", () => {
    const edges = [0, 0.25, 0.5, 1];
    expect([-1, 0, 0.2, 0.25, 0.7, 1, 9].map((value) => binOf(edges, value))).toEqual([0, 0, 0, 1, 2, 2, 2]);
  });
});
