import fc from "fast-check";
import { expect, it } from "vitest";
import { histogramOf } from "./histogram.ts";

it("counts every value once, the largest in the last bin", () => {
  const { edges, series } = histogramOf([{ name: "a", values: [0, 0.5, 1, 2] }], { bins: 4 });
  expect(edges).toEqual([0, 0.5, 1, 1.5, 2]);
  expect(series).toEqual([{ name: "a", counts: [1, 1, 1, 1] }]);
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true })),
      fc.integer({ min: 1, max: 40 }),
      (values, bins) => {
        const [{ counts } = { counts: [] }] = histogramOf([{ name: "a", values }], { bins }).series;
        return counts.length === bins && counts.reduce((sum, count) => sum + count, 0) === values.length;
      },
    ),
  );
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
