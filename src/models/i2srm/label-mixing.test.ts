import { expect, it } from "vitest";
import { mixLabels } from "./label-mixing.ts";
import { type MixupPlan, withoutMixing } from "./mixup-plan.ts";

const labels = [
  [0, 3],
  [2, 1],
];
const masks = [
  [1, 1],
  [1, 0],
];

/** Every row unmixed and, with the row of the permutation, mixed. */
function everyRow(permutation: readonly number[]): MixupPlan {
  const rows = permutation.map((_, i) => i);
  return { unmixed: rows, mixedA: rows, mixedB: permutation };
}

it("weighs both sequences of a mixed row, and keeps the first partner's mask", () => {
  expect(mixLabels(labels, masks, everyRow([1, 0, 3, 2]), 0.75, "pair")).toEqual({
    labelsA: [0, 3, 2, 1, 0, 3, 2, 1, 0, 3, 2, 1, 0, 3, 2, 1],
    labelsB: [0, 3, 2, 1, 0, 3, 2, 1, 2, 1, 0, 3, 2, 1, 0, 3],
    weightsA: [1, 1, 1, 1, 0.75, 0.75, 0.75, 0.75],
    weightsB: [0, 0, 0, 0, 0.25, 0.25, 0.25, 0.25],
    mask: [1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 0],
  });
});

it("rounds interpolated tags to the nearest, ties to even", () => {
  const { labelsA, weightsB } = mixLabels(labels, masks, everyRow([1, 0]), 0.5, "round");
  expect(labelsA.slice(4)).toEqual([1, 2, 1, 2]);
  expect(mixLabels([[0], [1], [3]], [[1]], everyRow([1, 2, 0]), 0.5, "round").labelsA.slice(3)).toEqual([
    0, 2, 2,
  ]); // 0.5, 2, 1.5
  expect(weightsB).toEqual([0, 0, 0, 0]);
});

it("repeats the sentences' own labels for attended rows where nothing is mixed", () => {
  expect(mixLabels(labels, masks, withoutMixing(2, true), 0.3, "pair")).toEqual({
    labelsA: [0, 3, 2, 1, 0, 3, 2, 1],
    labelsB: [0, 3, 2, 1, 0, 3, 2, 1],
    weightsA: [1, 1, 1, 1],
    weightsB: [0, 0, 0, 0],
    mask: [1, 1, 1, 0, 1, 1, 1, 0],
  });
});

it("gives labels to the rows that a pool selects, and to no others", () => {
  const plan = { unmixed: [0, 1, 2], mixedA: [3], mixedB: [0] };
  expect(mixLabels(labels, masks, plan, 0.75, "pair")).toEqual({
    labelsA: [0, 3, 2, 1, 0, 3, 2, 1],
    labelsB: [0, 3, 2, 1, 0, 3, 0, 3],
    weightsA: [1, 1, 1, 0.75],
    weightsB: [0, 0, 0, 0.25],
    mask: [1, 1, 1, 0, 1, 1, 1, 0],
  });
});
