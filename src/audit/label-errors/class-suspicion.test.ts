import { describe, expect, it } from "vitest";
import { classThresholds, type JudgedRows, suspicions } from "./class-suspicion.ts";

const data: JudgedRows = {
  rows: 4,
  classes: 3,
  probabilities: Float64Array.of(0.7, 0.2, 0.1, 0.1, 0.8, 0.1, 0.05, 0.05, 0.9, 0.5, 0.4, 0.1),
  given: [0, 1, 0, 1],
};

describe("suspicion of labels", () => {
  it("has the thresholds of confident learning: the mean probability of a class among its rows", () => {
    const [a, b, c] = classThresholds(data);
    expect(a).toBeCloseTo((0.7 + 0.05) / 2, 12);
    expect(b).toBeCloseTo((0.8 + 0.4) / 2, 12);
    expect(c).toBe(1); // no row has it
  });

  it("equals 1 minus cleanlab's self-confidence, and 1 minus twice its normalised margin", () => {
    // cleanlab.rank.get_label_quality_scores(labels, pred_probs, method=...), version 2.9.0
    const selfConfidence = [0.7, 0.8, 0.05, 0.4];
    const normalizedMargin = [0.75, 0.85, 0.075, 0.45];
    expect(suspicions(data, "self-confidence").map(({ score }) => 1 - score)).toEqual(
      selfConfidence.map((value) => expect.closeTo(value, 12)),
    );
    expect(suspicions(data, "margin").map(({ score }) => (1 - score) / 2)).toEqual(
      normalizedMargin.map((value) => expect.closeTo(value, 12)),
    );
  });

  it("names the most probable other label", () => {
    expect(
      suspicions(data, "self-confidence").map(({ other, otherProbability }) => [other, otherProbability]),
    ).toEqual([
      [1, 0.2],
      [0, 0.1],
      [2, 0.9],
      [0, 0.5],
    ]);
  });
});
