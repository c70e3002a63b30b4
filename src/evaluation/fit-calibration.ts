// Calibrates a model's confidence: a temperature validated on held-out texts, and no more certainty than the examples support.
import { requireSameLength } from "./evaluation-error.ts";
import { foldsOf } from "./folds.ts";
import { isPositiveMean } from "./positive-mean.ts";
import { DEFAULT_BINS, reliability } from "./reliability.ts";
import { searchTemperature } from "./temperature-search.ts";

/** Predictions on labelled data. Their confidences depend on a temperature; the predictions do not. */
export interface CalibrationInstances {
  /** Whether each prediction is right. */
  readonly correct: readonly boolean[];
  /** Instances of one cluster (for example a text) depend on each other and are never on both sides of a split. */
  readonly clusters: readonly number[];
  /** The probability of each prediction, and its loss in nats, at a temperature. */
  readonly at: (temperature: number) => {
    readonly confidences: ArrayLike<number>;
    readonly losses: ArrayLike<number>;
  };
}

/**
 * Reason for the choice of temperature. `fitted`: the fitted one is better on held-out texts. `too-few`: there are too few texts.
 * `not-better`: it does not lower the held-out loss with confidence. `less-calibrated`: it raises the held-out calibration error.
 */
export type CalibrationDecision = "fitted" | "too-few" | "not-better" | "less-calibrated";

export interface FittedCalibration {
  /** The temperature to use: the fitted one, or 1 if it failed validation. */
  readonly temperature: number;
  readonly decision: CalibrationDecision;
  /** The temperature that fits all instances, used or not. */
  readonly fitted: number;
  /** The fitted temperature is at an end of the search range. */
  readonly atBound: boolean;
  readonly instances: number;
  /** Number of wrong predictions. */
  readonly errors: number;
  /** Number of clusters. */
  readonly texts: number;
  /**
   * Over all instances, with confidences limited by their number: at temperature 1, and with each half at the temperature fitted on the
   * other half. Null if nothing can be held out.
   */
  readonly expectedCalibrationError: { readonly before: number; readonly after: number } | null;
}

/** Standard deviation of the normal prior on log T: T is between 0.6 and 1.65 with a prior probability of two thirds. */
const PRIOR_DEVIATION = 0.5;
/** With fewer clusters, nothing can be inferred about other texts. */
const MIN_CLUSTERS = 8;
const TOLERANCE = 1e-2; // of log T; the prior is fifty times as wide

/**
 * Fits the temperature with a prior at 1 and validates it: fits on half of the texts and evaluates on the others, and vice versa. The loss
 * must fall with a confidence of 95 % (one-sided t-test over texts), and the calibration error must not rise.
 *
 * @throws EvaluationError `evaluation/different-lengths`, `evaluation/bad-scores`
 */
export function fitCalibration({ correct, clusters, at }: CalibrationInstances): FittedCalibration {
  requireSameLength("clusters", correct, clusters);
  const instances = correct.length;
  const errors = correct.filter((right) => !right).length;
  const halves = foldsOf(clusters, 2);
  const texts = halves.clusters;
  const remembered = remembering(at);
  const all = correct.map((_, i) => i);
  const { temperature: fitted, atBound } = bestTemperature(remembered, all);
  const counts = { fitted, atBound, instances, errors, texts };
  if (texts < MIN_CLUSTERS) {
    return { temperature: 1, decision: "too-few", ...counts, expectedCalibrationError: null };
  }
  const other = [0, 1].map(
    (half) =>
      bestTemperature(
        remembered,
        all.filter((i) => halves.of[i] !== half),
      ).temperature,
  );
  const plain = remembered(1);
  const heldOut = other.map(remembered);
  const crossed = (which: "confidences" | "losses") => all.map((i) => heldOut[halves.of[i]!]![which][i]!);
  const gains = new Map<number, number>();
  for (const [i, loss] of crossed("losses").entries()) {
    gains.set(clusters[i]!, (gains.get(clusters[i]!) ?? 0) + plain.losses[i]! - loss);
  }
  const errorOf = (confidences: ArrayLike<number>) => {
    const supported = Array.from(confidences, (confidence) => supportedProbability(confidence, instances));
    return reliability("confidences", supported, correct, DEFAULT_BINS).error;
  };
  const before = errorOf(plain.confidences);
  const changed = errorOf(crossed("confidences"));
  const better = isPositiveMean([...gains.values()]);
  const decision = !better ? "not-better" : changed > before ? "less-calibrated" : "fitted";
  const after = decision === "fitted" ? changed : before;
  return {
    temperature: decision === "fitted" ? fitted : 1,
    decision,
    ...counts,
    expectedCalibrationError: { before, after },
  };
}

/**
 * Limits a probability to what `instances` examples support: as if two more had been seen, spread evenly over the `outcomes`. After n
 * right predictions of n, Laplace's rule of succession yields (n + 1) / (n + 2) for the next; so nothing is ever certain.
 */
export function supportedProbability(probability: number, instances: number, outcomes = 2): number {
  return (instances * probability + 2 / Math.max(2, outcomes)) / (instances + 2);
}

type At = CalibrationInstances["at"];

/** The temperature with the lowest loss over the given instances, including the prior's. */
function bestTemperature(at: At, places: readonly number[]) {
  return searchTemperature((temperature) => {
    const { losses } = at(temperature);
    const sum = places.reduce((total, i) => total + losses[i]!, 0);
    return sum + Math.log(temperature) ** 2 / (2 * PRIOR_DEVIATION ** 2);
  }, TOLERANCE);
}

/** Caches results by temperature: the fits share their grid. */
function remembering(at: At): At {
  const known = new Map<number, ReturnType<At>>();
  return (temperature) => {
    const before = known.get(temperature);
    if (before) return before;
    const computed = at(temperature);
    known.set(temperature, computed);
    return computed;
  };
}
