import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { calibrationError, classConfidences, fitTemperature } from "./calibration.ts";
import { binaryCalibrationError } from "./confidence-calibration.ts";
import { summarizeSeeds } from "./seed-summary.ts";

describe("calibrationError", () => {
  const data = [
    0.9, 0.05, 0.05, 0.8, 0.1, 0.1, 0.6, 0.3, 0.1, 0.55, 0.4, 0.05, 0.2, 0.3, 0.5, 0.1, 0.45, 0.45,
  ];
  const gold = [0, 1, 0, 1, 2, 1];

  it("is the hand calculation with five bins", () => {
    // (0.4, 0.6]: confidences 0.6 0.55 0.5 0.45, right 3 of 4: |0.75 - 0.525| * 4; (0.6, 0.8]: 0.8, wrong; (0.8, 1]: 0.9, right.
    const { error, maximum, bins } = calibrationError({ data, classes: 3 }, gold, 5);
    expect(error).toBeCloseTo((0.225 * 4 + 0.8 + 0.1) / 6, 12);
    expect(maximum).toBeCloseTo(0.8, 12);
    expect(bins.map(({ instances }) => instances)).toEqual([0, 0, 4, 1, 1]);
  });

  it("puts a confidence into the bin whose bounds enclose it, at every edge", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.nat(100), (count, edge) => {
        const confidence = Math.min(edge, count) / count;
        const { bins } = binaryCalibrationError([confidence], [true], count);
        const { low, high } = bins.find(({ instances }) => instances === 1)!; // there is one confidence
        expect(confidence > low || (low === 0 && confidence === 0)).toBe(true);
        expect(confidence).toBeLessThanOrEqual(high);
      }),
    );
    expect(binaryCalibrationError([5e-324, -0], [true, false], 15).bins[0]?.instances).toBe(2);
  });

  it("is zero for certain and right predictions", () => {
    expect(calibrationError({ data: [1, 0, 0, 1], classes: 2 }, [0, 1]).error).toBe(0);
  });

  it("refuses scores that are not probabilities or do not fit", () => {
    const faulty = [
      { data: [1.5, -0.5], classes: 2 },
      { data: [Number.NaN, 1], classes: 2 },
      { data: [1], classes: 2 },
    ];
    for (const scores of faulty) {
      expect(() => calibrationError(scores, [0])).toThrow(
        expect.objectContaining({ code: "evaluation/bad-scores" }),
      );
    }
    expect(() => calibrationError({ data: [], classes: 2 }, [])).toThrow(
      expect.objectContaining({ code: "evaluation/nothing-to-evaluate" }),
    );
  });
});

describe("fitTemperature", () => {
  const data = [4, 1, 0, 3, 2.5, 0, 0, 5, 1, 2, 0, 1, 0.5, 0, 3, 6, 0, 0];
  const gold = [0, 1, 1, 2, 2, 1];

  it("finds the minimum that scipy's bounded search finds", () => {
    const { temperature, before, after, atBound } = fitTemperature({ data, classes: 3 }, gold);
    expect(temperature).toBeCloseTo(3.50020707, 5);
    expect(before).toBeCloseTo(1.4386083125739633, 12);
    expect(after).toBeCloseTo(0.9613634689225486, 12);
    expect(atBound).toBe(false);
  });

  it("undoes a scaling of the logits", () => {
    const { temperature } = fitTemperature({ data: data.map((z) => z * 2), classes: 3 }, gold);
    expect(temperature).toBeCloseTo(2 * 3.50020707, 5);
  });

  it("knows logits as far apart as doubles can be", () => {
    const far = { data: [1e308, -1e308, 0, 1e308, -1e308, 1e308], classes: 2 };
    const { temperature } = fitTemperature(far, [0, 1, 0]);
    expect(temperature).toBeGreaterThanOrEqual(0.01);
    expect(temperature).toBeLessThanOrEqual(100);
    const { confidences, losses } = classConfidences(far, [0, 1, 0], 1);
    expect([...confidences, ...losses].every(Number.isFinite)).toBe(true);
  });

  it("says so when there is no optimum in the range", () => {
    expect(fitTemperature({ data: [3, 0, 0, 3], classes: 2 }, [0, 1])).toMatchObject({ atBound: true });
    expect(fitTemperature({ data: [3, 0, 0, 3], classes: 2 }, [1, 0])).toMatchObject({ atBound: true });
  });

  it("bears logits of any size", () => {
    const { before } = fitTemperature({ data: [1e4, -1e4, -1e4, 1e4], classes: 2 }, [0, 0]);
    expect(before).toBeCloseTo(1e4, 6);
  });
});

describe("classConfidences", () => {
  it("gives the largest probability and the loss of the gold class at a temperature", () => {
    const { confidences, losses } = classConfidences(
      { data: [2 * Math.log(3), 0, 0, 2 * Math.log(3)], classes: 2 },
      [0, 0],
      2,
    );
    expect([...confidences]).toEqual([expect.closeTo(0.75, 12), expect.closeTo(0.75, 12)]);
    expect([...losses]).toEqual([expect.closeTo(-Math.log(0.75), 12), expect.closeTo(-Math.log(0.25), 12)]);
  });
});

describe("summarizeSeeds", () => {
  it("gives the mean and the sample standard deviation", () => {
    const { mean, standardDeviation, runs } = summarizeSeeds([68.2, 67.9, 69.1, 68.4, 67.5]);
    expect(mean).toBeCloseTo(68.22, 12);
    expect(standardDeviation).toBeCloseTo(0.5974947698515838, 12); // numpy.std(ddof=1)
    expect(runs).toBe(5);
  });

  it("claims no spread for one run and refuses a run without a score", () => {
    expect(summarizeSeeds([3])).not.toHaveProperty("standardDeviation");
    expect(() => summarizeSeeds([1, Number.NaN])).toThrow(
      expect.objectContaining({ code: "evaluation/not-a-number" }),
    );
    expect(() => summarizeSeeds([])).toThrow(
      expect.objectContaining({ code: "evaluation/nothing-to-evaluate" }),
    );
  });
});
