import { expect, it } from "vitest";
import { categoryMetrics } from "./category-metrics.ts";

// Counted by hand: a is found 2 of 3 times and predicted 3 times, b 1 of 2 and 2, c 0 of 1 and 1.
const GOLD = [0, 0, 0, 1, 1, 2];
const PREDICTED = [0, 0, 1, 1, 2, 0];
const LABELS = ["a", "b", "None"];

it("counts every category, one that is called None too", () => {
  const { accuracy, micro, macro, categories, confusion } = categoryMetrics(GOLD, PREDICTED, LABELS);
  expect([accuracy, micro.precision, micro.recall, micro.f1]).toEqual([0.5, 0.5, 0.5, 0.5]);
  expect(categories.map(({ f1 }) => f1)).toEqual([2 / 3, 1 / 2, 0]);
  expect(macro.f1).toBeCloseTo((2 / 3 + 1 / 2) / 3, 12);
  expect(confusion).toEqual([
    [2, 1, 0],
    [0, 1, 1],
    [1, 0, 0],
  ]);
});

it("takes a post without an answer as neither predicted nor right", () => {
  const { micro, accuracy, categories, confusion } = categoryMetrics([0, 0, 1], [0, undefined, 0], LABELS);
  expect([micro.precision, micro.recall, accuracy]).toEqual([1 / 2, 1 / 3, 1 / 3]);
  expect([categories.length, confusion.length, confusion[0]]).toEqual([3, 3, [1, 0, 0]]);
});
