import { expect, it } from "vitest";
import { mixLabels, unmixedLabels } from "./label-mixing.ts";

const labels = [
  [0, 3],
  [2, 1],
];
const masks = [
  [1, 1],
  [1, 0],
];

it("weighs both sequences of a mixed row, and keeps the first partner's mask", () => {
  expect(mixLabels(labels, masks, [1, 0, 3, 2], 0.75, "pair")).toEqual({
    labelsA: [0, 3, 2, 1, 0, 3, 2, 1, 0, 3, 2, 1, 0, 3, 2, 1],
    labelsB: [0, 3, 2, 1, 0, 3, 2, 1, 2, 1, 0, 3, 2, 1, 0, 3],
    weightsA: [1, 1, 1, 1, 0.75, 0.75, 0.75, 0.75],
    weightsB: [0, 0, 0, 0, 0.25, 0.25, 0.25, 0.25],
    mask: [1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 0],
  });
});

it("rounds interpolated tags to the nearest, ties to even", () => {
  const { labelsA, weightsB } = mixLabels(labels, masks, [1, 0], 0.5, "round");
  expect(labelsA.slice(4)).toEqual([1, 2, 1, 2]);
  expect(mixLabels([[0], [1], [3]], [[1]], [1, 2, 0], 0.5, "round").labelsA.slice(3)).toEqual([0, 2, 2]); // 0.5, 2, 1.5
  expect(weightsB).toEqual([0, 0, 0, 0]);
});

it("repeats the sentences' own labels for attended rows where nothing is mixed", () => {
  expect(unmixedLabels(labels, masks, 4)).toEqual({
    labelsA: [0, 3, 2, 1, 0, 3, 2, 1],
    labelsB: [0, 3, 2, 1, 0, 3, 2, 1],
    weightsA: [1, 1, 1, 1],
    weightsB: [0, 0, 0, 0],
    mask: [1, 1, 1, 0, 1, 1, 1, 0],
  });
});
