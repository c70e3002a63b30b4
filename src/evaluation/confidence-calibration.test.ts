import { describe, expect, it } from "vitest";
import { crossFittedCalibration } from "./calibration.ts";
import {
  binaryCalibrationError,
  crossFittedConfidences,
  fitConfidenceTemperature,
  type ScoredPredictions,
} from "./confidence-calibration.ts";
import { seededIndex } from "./seeded-random.ts";

const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));
/** Predictions with these log odds at temperature 1. */
const withLogOdds = (logOdds: readonly number[], correct: readonly boolean[]): ScoredPredictions => ({
  correct,
  confidencesAt: (temperature) => logOdds.map((z) => sigmoid(z / temperature)),
});
/** Outcomes drawn with the probabilities that the log odds mean at temperature `truth`. */
function drawn(count: number, truth: number, seed: number): ScoredPredictions {
  const random = seededIndex(seed);
  const logOdds = Array.from({ length: count }, () => (random(8000) - 2000) / 1000);
  const correct = logOdds.map((z) => random(1_000_000) / 1_000_000 < sigmoid(z / truth));
  return withLogOdds(logOdds, correct);
}

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

  it("refuses what is no probability, and lists that do not match", () => {
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

  it("says so when the optimum lies outside the range", () => {
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

describe("crossFittedConfidences", () => {
  it("recovers the temperature that outcomes were drawn with, and lowers the error where it was not fitted", () => {
    const result = crossFittedConfidences([drawn(3000, 2.5, 1), drawn(3000, 2.5, 2)]);
    expect(result.temperature).toBeGreaterThan(2.2);
    expect(result.temperature).toBeLessThan(2.8);
    expect(result.instances).toBe(6000);
    expect(result.expectedCalibrationError?.before).toBeGreaterThan(0.08);
    expect(result.expectedCalibrationError?.after).toBeLessThan(0.03);
  });

  it("measures each half at the temperature of the other", () => {
    // Half a is best at 2 / ln 3, half b at 2 / ln 9 (9 of 10 right). At the other's temperature a says 9/10 and is right 3 of 4 times, b
    // says 3/4 and is right 9 of 10 times: a gap of 0.15 on either side.
    const a = withLogOdds(
      new Array(20).fill(2),
      Array.from({ length: 20 }, (_, i) => i % 4 !== 0),
    );
    const b = withLogOdds(
      new Array(20).fill(2),
      Array.from({ length: 20 }, (_, i) => i % 10 !== 0),
    );
    const { expectedCalibrationError } = crossFittedConfidences([a, b]);
    expect(expectedCalibrationError?.after).toBeCloseTo(0.15, 3);
  });

  it("claims nothing for an empty half, and says that there was no prediction", () => {
    const none = withLogOdds([], []);
    const some = withLogOdds([1, 1], [true, false]);
    expect(crossFittedConfidences([none, some])).toMatchObject({
      instances: 2,
      expectedCalibrationError: null,
    });
    expect(crossFittedConfidences([none, none])).toEqual({
      temperature: 1,
      atBound: false,
      instances: 0,
      expectedCalibrationError: null,
    });
  });
});

describe("crossFittedCalibration", () => {
  it("measures each half of a classifier at the temperature of the other", () => {
    // The same numbers with two classes: log odds 2 in every row, even rows right 3 of 4 times, odd rows 9 of 10 times.
    const gold = Array.from({ length: 40 }, (_, i) => {
      const place = Math.floor(i / 2);
      return (i % 2 === 0 ? place % 4 : place % 10) === 0 ? 1 : 0;
    });
    const { expectedCalibrationError, instances, temperature } = crossFittedCalibration(
      { data: gold.flatMap(() => [2, 0]), classes: 2 },
      gold,
    );
    expect(instances).toBe(40);
    expect(temperature).toBeCloseTo(2 / Math.log(33 / 7), 6); // 33 of 40 right
    expect(expectedCalibrationError?.before).toBeCloseTo(Math.abs(sigmoid(2) - 33 / 40), 12);
    expect(expectedCalibrationError?.after).toBeCloseTo(0.15, 6);
  });

  it("claims nothing for one instance", () => {
    expect(crossFittedCalibration({ data: [1, 0], classes: 2 }, [0]).expectedCalibrationError).toBeNull();
  });
});
