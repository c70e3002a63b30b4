import { expect, it } from "vitest";
import { type Calibration, calibrated, supported } from "./calibration.ts";
import { calibrationLines, fewNote } from "./calibration-words.ts";
import { formatProbability } from "./format-probability.ts";

const calibration: Calibration = {
  temperature: 1,
  decision: "not-better",
  fitted: 0.4321,
  atBound: false,
  instances: 30,
  errors: 0,
  texts: 22,
  expectedCalibrationError: { before: 0.25, after: 0.24 },
};

it("says which temperature is used and why, what it rests on and that this is little", () => {
  expect(calibrationLines(calibration)).toEqual([
    "calibration: temperature 1 kept: the fitted one (0.432) is not significantly better on texts that it was not fitted on",
    "  from 30 validation predictions in 22 texts, 0 of them wrong; no probability is above 0.9688",
    "  expected calibration error 0.2500 before and 0.2400 after (fitted on one half of the texts, measured on the other)",
    "  warning: 30 validation predictions are too few to judge the model's confidence: use more validation documents",
  ]);
});

it("says when the fit was at its bound, and when there was next to nothing to fit", () => {
  const bound = calibrationLines({ ...calibration, decision: "fitted", temperature: 0.05, atBound: true });
  expect(bound[0]).toBe("calibration: temperature 0.050, the end of the searched range");
  const few = calibrationLines({
    ...calibration,
    decision: "too-few",
    instances: 1,
    texts: 1,
    expectedCalibrationError: null,
  });
  expect(few.slice(0, 2)).toEqual([
    "calibration: temperature 1 kept: 1 text with a prediction is too few to fit another one",
    "  from 1 validation prediction in 1 text, 0 of them wrong; no probability is above 0.6667",
  ]);
});

it("says how far views are trusted and why", () => {
  const trust = {
    value: 2.204,
    decision: "fitted",
    fitted: 2.204,
    atBound: false,
    instances: 30,
    texts: 22,
    loss: { before: 0.7, after: 0.55 },
  } as const;
  const lineOf = (change: object) => calibrationLines({ ...calibration, trust: { ...trust, ...change } })[0];
  expect(lineOf({})).toBe(
    "trust in views: 2.20: on texts that it was not fitted on, the loss falls from 0.700 to 0.550 nats",
  );
  expect(lineOf({ fitted: 10, value: 10, atBound: true })).toContain("10.00, the end of the searched range:");
  expect(lineOf({ value: 1, decision: "not-better" })).toContain("1 kept: the fitted one (2.20) is not");
  expect(lineOf({ value: 1, decision: "too-few", texts: 1 })).toContain("1 text with a view is too few");
  expect(lineOf({ value: 0.5, decision: "fixed" })).toBe(
    "trust in views: 0.50, as set; the best one for the validation documents is 2.20",
  );
});

it("warns of few errors among many predictions, and of nothing where there are enough", () => {
  expect(fewNote({ ...calibration, instances: 500, errors: 1 })).toContain(
    "1 wrong validation prediction is too few",
  );
  expect(fewNote({ ...calibration, instances: 500, errors: 40 })).toBeUndefined();
});

it("reads a calibration of an older model: temperature and instances alone", () => {
  const old = { temperature: 1.5, atBound: false, instances: 400, expectedCalibrationError: null };
  expect(calibrationLines(old)[0]).toBe("calibration: temperature 1.500");
  expect(supported(1, calibrated(old))).toBeCloseTo(401 / 402, 12);
  expect(supported(1, calibrated(undefined))).toBe(1);
});

it("prints no probability as a certainty", () => {
  expect([1, 0.99996, 0.99994, 0.5, 0.00001, 0].map((p) => formatProbability(p))).toEqual([
    ...[">0.9999", ">0.9999", "0.9999", "0.5000", "<0.0001", "<0.0001"],
  ]);
  expect([0.996, 0.994].map((p) => formatProbability(p, 2))).toEqual([">0.99", "0.99"]);
});
