import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { histogramOf, histogramTable } from "./histogram.ts";

/** Doubles of all sizes, often the smallest and the largest. */
const double = fc.oneof(
  fc.double({ noNaN: true }),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  fc.constantFrom(0, -0, 5e-324, -5e-324, 2.2e-308, 1e308, -1e308, Number.MAX_VALUE, -Number.MAX_VALUE),
);
const bins = fc.integer({ min: 1, max: 40 });

describe("histogramOf", () => {
  it("counts every value once, the largest in the last bin", () => {
    const { edges, series } = histogramOf([{ name: "a", values: [0, 0.5, 1, 2] }], { bins: 4 });
    expect(edges).toEqual([0, 0.5, 1, 1.5, 2]);
    expect(series).toEqual([{ name: "a", counts: [1, 1, 1, 1] }]);
    fc.assert(
      fc.property(fc.array(double), bins, (values, bins) => {
        const [{ counts } = { counts: [] }] = histogramOf([{ name: "a", values }], { bins }).series;
        expect(counts).toHaveLength(bins);
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(values.length);
      }),
    );
  });

  it("has finite edges that rise, whatever the values", () => {
    fc.assert(
      fc.property(fc.array(double), bins, (values, bins) => {
        const { edges } = histogramOf([{ name: "a", values }], { bins });
        expect(edges).toHaveLength(bins + 1);
        expect(edges.every((edge, i) => Number.isFinite(edge) && (i === 0 || edge > edges[i - 1]!))).toBe(
          true,
        );
      }),
    );
  });

  it("counts a value between the edges of its bin", () => {
    const ordinary = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(fc.array(ordinary, { minLength: 1 }), bins, (values, bins) => {
        const { edges, series } = histogramOf([{ name: "a", values }], { bins });
        const counts = edges
          .slice(0, -1)
          .map((low, i) => values.filter((v) => v >= low && (v < edges[i + 1]! || i === bins - 1)).length);
        expect(series[0]?.counts).toEqual(counts);
      }),
    );
  });

  it("takes a range that is too narrow to be cut for one value", () => {
    expect(histogramOf([{ name: "a", values: [0, 5e-324] }], { bins: 2 })).toEqual({
      edges: [0, 0.5, 1],
      series: [{ name: "a", counts: [2, 0] }],
    });
    const { edges, series } = histogramOf([{ name: "a", values: [1e20, 1e20] }], { bins: 2 });
    expect(edges).toEqual([1e20, 1.05e20, 1.1e20]);
    expect(series[0]?.counts).toEqual([2, 0]);
    expect(histogramOf([{ name: "a", values: [] }], { bins: 1 }).edges).toEqual([0, 1]);
  });

  it("counts infinities at the ends, and says how many values are not numbers", () => {
    const values = [0, 1, 3, 4, Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 1.7e308];
    const found = histogramOf([{ name: "a", values }], { bins: 2 });
    expect(found).toEqual({ edges: [0, 2, 4], series: [{ name: "a", counts: [3, 4] }], omitted: 1 });
    const chart = { kind: "histogram", title: "t", description: "d", x: { label: "x" }, ...found } as const;
    expect(histogramTable(chart).legend).toBe("1 value that is not a number is not in any bin");
  });

  it("shares its bins among all series", () => {
    const { edges, series } = histogramOf(
      [
        { name: "a", values: [0.1] },
        { name: "b", values: [0.9, 1] },
      ],
      { bins: 2, range: [0, 1] },
    );
    expect(edges).toEqual([0, 0.5, 1]);
    expect(series.map(({ counts }) => counts)).toEqual([
      [1, 0],
      [0, 2],
    ]);
  });
});
