import { describe, expect, it } from "vitest";
import type { View } from "../../synthesis/view.ts";
import { scoreBlocks, scoreExample } from "./teacher-scores.ts";

const view = (id: string) => ({ id }) as View; // scores are joined by id only
const row = {
  example: "post",
  fold: 0,
  label: "peer",
  withoutView: [2, 1.5],
  views: [
    { id: "a", crossEntropy: [0.1, 0.9], predicted: "peer" },
    { id: "b", crossEntropy: [0.9, 0.2], predicted: "peer" },
    { id: "c", crossEntropy: [0.5, 0.4], predicted: "peer" },
    { id: "other-round", crossEntropy: [0, 0], predicted: "peer" },
  ],
};

describe("a scored example", () => {
  it("keeps the share with the lowest scores of the last epoch, among the views that the run may use", () => {
    const { scores } = scoreExample(row, [view("a"), view("b"), view("c"), view("unscored")], {
      method: "teacher",
      share: 0.5,
    });
    // two of three, rounded up: b and c
    expect([...scores.values()]).toEqual([
      { view: "a", crossEntropy: 0.9, kept: false },
      { view: "b", crossEntropy: 0.2, kept: true },
      { view: "c", crossEntropy: 0.4, kept: true },
    ]);
  });

  it("counts in the histogram and in the mean of its round", () => {
    const example = scoreExample(row, [view("a"), view("b"), view("c")], { method: "teacher", share: 0.5 });
    const rounds = new Map([
      ["a", 1],
      ["b", 1],
      ["c", 2],
    ]);
    const [histogram, lines] = scoreBlocks([example], rounds, 1.1);
    expect(
      histogram?.kind === "histogram" && histogram.series.map(({ counts }) => counts.reduce((a, b) => a + b)),
    ).toEqual([2, 1]);
    expect(lines).toMatchObject({
      curves: [
        {
          name: "all accepted",
          runs: [
            {
              points: [
                [1, (0.9 + 0.2) / 2],
                [2, 0.4],
              ],
            },
          ],
        },
        {
          name: "kept",
          runs: [
            {
              points: [
                [1, 0.2],
                [2, 0.4],
              ],
            },
          ],
        },
      ],
      references: [{ name: "without a view", value: 1.5 }],
    });
  });

  it("draws nothing where nothing was scored", () => {
    expect(scoreBlocks([], new Map(), undefined)).toEqual([]);
  });
});
