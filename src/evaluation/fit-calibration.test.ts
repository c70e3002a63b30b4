import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { binaryCalibrationError, binaryLosses } from "./confidence-calibration.ts";
import { type CalibrationInstances, fitCalibration, supportedProbability } from "./fit-calibration.ts";
import { seededIndex } from "./seeded-random.ts";

const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));

/** Predictions with these log odds at temperature 1, each from a different text unless clusters are given. */
function withLogOdds(
  logOdds: readonly number[],
  correct: readonly boolean[],
  clusters: readonly number[] = logOdds.map((_, i) => i),
): CalibrationInstances {
  return {
    correct,
    clusters,
    at: (temperature) => {
      const confidences = logOdds.map((z) => sigmoid(z / temperature));
      return { confidences, losses: binaryLosses(confidences, correct) };
    },
  };
}

/** Outcomes drawn with the probabilities of the log odds at temperature `truth`. */
function drawn(count: number, truth: number, seed: number): CalibrationInstances {
  const random = seededIndex(seed);
  const logOdds = Array.from({ length: count }, () => (random(8000) - 2000) / 1000);
  const correct = logOdds.map((z) => random(1_000_000) / 1_000_000 < sigmoid(z / truth));
  return withLogOdds(logOdds, correct);
}

const repeated = <T>(value: T, count: number) => new Array<T>(count).fill(value);

describe("fitCalibration", () => {
  it("recovers the temperature that many outcomes were drawn with, and lowers the error where it was not fitted", () => {
    const found = fitCalibration(drawn(4000, 2.5, 1));
    expect(found.decision).toBe("fitted");
    expect(found.temperature).toBeGreaterThan(2.2);
    expect(found.temperature).toBeLessThan(2.8);
    expect(found).toMatchObject({ instances: 4000, texts: 4000, fitted: found.temperature });
    expect(found.expectedCalibrationError!.before).toBeGreaterThan(0.08);
    expect(found.expectedCalibrationError!.after).toBeLessThan(0.03);
  });

  it("keeps 1 where the probabilities are right already", () => {
    const kept = [1, 2, 3, 4, 5, 6].filter((seed) => fitCalibration(drawn(300, 1, seed)).temperature === 1);
    expect(kept.length).toBeGreaterThanOrEqual(5);
  });

  it("of thirty right predictions neither runs to its bound nor makes them certain", () => {
    const found = fitCalibration(withLogOdds(repeated(0.7, 30), repeated(true, 30)));
    expect(found).toMatchObject({ decision: "fitted", atBound: false, instances: 30, errors: 0 });
    expect(found.temperature).toBeGreaterThan(0.2);
    expect(found.temperature).toBeLessThan(0.5);
    expect(supportedProbability(sigmoid(0.7 / found.temperature), 30)).toBeLessThan(31 / 32);
  });

  it("of thirty wrong predictions stays between its bounds", () => {
    const found = fitCalibration(withLogOdds(repeated(0.7, 30), repeated(false, 30)));
    expect(found).toMatchObject({ atBound: false, errors: 30 });
    expect(found.fitted).toBeGreaterThan(1);
    expect(found.fitted).toBeLessThan(10);
  });

  it("keeps 1 for no, one and few instances, and claims nothing for what cannot be held out", () => {
    for (const count of [0, 1, 7]) {
      expect(fitCalibration(withLogOdds(repeated(3, count), repeated(false, count)))).toMatchObject({
        temperature: 1,
        decision: "too-few",
        instances: count,
        errors: count,
        expectedCalibrationError: null,
      });
    }
  });

  it("counts texts, not predictions: a hundred predictions of four texts are few", () => {
    const clusters = Array.from({ length: 100 }, (_, i) => i % 4);
    const found = fitCalibration(withLogOdds(repeated(3, 100), repeated(false, 100), clusters));
    expect(found).toMatchObject({ decision: "too-few", temperature: 1, texts: 4, instances: 100 });
  });

  it("keeps 1 where a fit harms the half that it was not fitted on", () => {
    // Every second text is always right, the others never: a temperature fitted on one half is wrong for the other.
    const right = Array.from({ length: 40 }, (_, i) => i % 2 === 0);
    const found = fitCalibration(withLogOdds(repeated(1, 40), right));
    expect(found).toMatchObject({ decision: "not-better", temperature: 1 });
    expect(found.fitted).toBeGreaterThan(1.2);
    const plain = binaryCalibrationError(repeated(supportedProbability(sigmoid(1), 40), 40), right).error;
    expect(found.expectedCalibrationError).toEqual({ before: plain, after: plain });
  });

  it("never raises the held-out calibration error, and uses 1 or a fit between the bounds", () => {
    const prediction = fc.tuple(fc.double({ min: -4, max: 6, noNaN: true }), fc.boolean(), fc.nat(30));
    fc.assert(
      fc.property(fc.array(prediction, { minLength: 1, maxLength: 60 }), (all) => {
        const found = fitCalibration(
          withLogOdds(
            all.map(([z]) => z),
            all.map(([, right]) => right),
            all.map(([, , cluster]) => cluster),
          ),
        );
        expect(found.temperature).toBeGreaterThanOrEqual(0.05);
        expect(found.temperature).toBeLessThanOrEqual(20.001);
        if (found.decision !== "fitted") expect(found.temperature).toBe(1);
        const error = found.expectedCalibrationError;
        if (error !== null) expect(error.after).toBeLessThanOrEqual(error.before);
      }),
    );
  });
});

describe("supportedProbability", () => {
  it("is the rule of succession for what was always right, and never certain", () => {
    expect(supportedProbability(1, 30)).toBeCloseTo(31 / 32, 12);
    expect(supportedProbability(0, 30)).toBeCloseTo(1 / 32, 12);
    expect(supportedProbability(1, 0)).toBe(0.5);
    expect(supportedProbability(1, 5, 1)).toBeCloseTo(6 / 7, 12);
  });

  it("keeps the order and the sum of a distribution", () => {
    const weights = fc.array(fc.double({ min: 0.001, max: 1, noNaN: true }), { minLength: 2, maxLength: 25 });
    fc.assert(
      fc.property(weights, fc.nat(5000), (raw, instances) => {
        const total = raw.reduce((sum, value) => sum + value, 0);
        const before = raw.map((value) => value / total);
        const after = before.map((value) => supportedProbability(value, instances, before.length));
        expect(after.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 9);
        for (let i = 1; i < after.length; i++) {
          if (instances > 0 && before[i]! > before[i - 1]!)
            expect(after[i]!).toBeGreaterThanOrEqual(after[i - 1]!);
        }
      }),
    );
  });
});
