import { describe, expect, it } from "vitest";
import {
  binaryCalibrationError,
  fitConfidenceTemperature,
  type ScoredPredictions,
} from "./confidence-calibration.ts";

const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));
/** Predictions with these log odds at temperature 1. */
const withLogOdds = (logOdds: readonly number[], correct: readonly boolean[]): ScoredPredictions => ({
  correct,
  confidencesAt: (temperature) => logOdds.map((z) => sigmoid(z / temperature)),
});
describe("binaryCalibrationError", () => {
  it("is the hand calculation with two bins", () => {
    // (0, 0.5]: 0.3 and 0.5, one right: |0.5 - 0.4| * 2; (0.5, 1]: 0.6, 0.8 and 1, two right: |2/3 - 0.8| * 3.
    const { error, maximum, bins } = binaryCalibrationError(
      [0.3, 0.5, 0.6, 0.8, 1],
      [true, false, true, false, true],
      2,
    );
    expect(error).toBeCloseTo((0.1 * 2 + (0.8 - 2 / 3) * 3) / 5, 12);
    expect(maximum).toBeCloseTo(0.8 - 2 / 3, 12);
    expect(bins.map(({ instances }) => instances)).toEqual([2, 3]);
  });

  it("refuses what is not a probability, and lists that do not match", () => {
    for (const confidences of [[1.1], [-0.1], [Number.NaN]]) {
      expect(() => binaryCalibrationError(confidences, [true])).toThrow(
        expect.objectContaining({ code: "evaluation/bad-scores" }),
      );
    }
    expect(() => binaryCalibrationError([0.5], [true, false])).toThrow(
      expect.objectContaining({ code: "evaluation/different-lengths" }),
    );
    expect(() => binaryCalibrationError([], [])).toThrow(
      expect.objectContaining({ code: "evaluation/nothing-to-evaluate" }),
    );
  });
});

describe("fitConfidenceTemperature", () => {
  it("finds the temperature of one level of confidence by hand", () => {
    // Log odds 2 throughout, right 3 of 4: the best confidence is 3/4, whose log odds are ln 3, so T = 2 / ln 3.
    const fit = fitConfidenceTemperature(withLogOdds([2, 2, 2, 2], [true, true, false, true]));
    expect(Math.abs(Math.log(fit.temperature) - Math.log(2 / Math.log(3)))).toBeLessThan(1e-3);
    expect(fit.after).toBeCloseTo(-(3 * Math.log(0.75) + Math.log(0.25)) / 4, 6);
    expect(fit.before).toBeCloseTo(-(3 * Math.log(sigmoid(2)) + Math.log(sigmoid(-2))) / 4, 12);
    expect(fit.atBound).toBe(false);
  });

  it("says so when the optimum is outside the range", () => {
    const right = fitConfidenceTemperature(withLogOdds([1, 2], [true, true]));
    expect(right.atBound).toBe(true);
    expect(right.temperature).toBeCloseTo(0.05, 3);
    const wrong = fitConfidenceTemperature(withLogOdds([1, 2], [false, false]));
    expect(wrong.atBound).toBe(true);
    expect(wrong.temperature).toBeCloseTo(20, 0);
  });

  it("bears a wrong prediction with confidence 1", () => {
    const certain = { correct: [false, true], confidencesAt: () => [1, 1] };
    expect(fitConfidenceTemperature(certain).before).toBeCloseTo(-Math.log(1e-12) / 2, 3);
  });
});
