// How suspicious a given label is, from the probabilities of a model that never saw it (Northcutt, Jiang and Chuang, 2021).

import { softmaxInPlace } from "./softmax-regression.ts";

/** How to turn probabilities into one number; docs/label-errors.md compares them. */
export type RankingMethod = "self-confidence" | "margin" | "adjusted-margin";

/** Calibrated out-of-fold probabilities of all rows. */
export interface JudgedRows {
  readonly rows: number;
  readonly classes: number;
  /** float64 [rows, classes] */
  readonly probabilities: Float64Array;
  /** The class that each row is labelled with. */
  readonly given: ArrayLike<number>;
}

/** What the model says about one row. */
export interface ClassSuspicion {
  readonly row: number;
  readonly given: number;
  readonly givenProbability: number;
  /** The most probable other class. */
  readonly other: number;
  readonly otherProbability: number;
  /** Larger is more suspicious. */
  readonly score: number;
}

/** Probabilities from logits float32 [rows, classes], each row at the temperature of its fold. */
export function probabilitiesOf(
  logits: Float32Array,
  classes: number,
  temperatureOf: (row: number) => number,
): Float64Array {
  const out = Float64Array.from(logits);
  for (let row = 0; row * classes < out.length; row++) {
    const own = out.subarray(row * classes, (row + 1) * classes);
    const temperature = temperatureOf(row);
    for (let c = 0; c < classes; c++) own[c]! /= temperature;
    softmaxInPlace(own);
  }
  return out;
}

/**
 * The threshold of each class in confident learning: the mean probability of the class among the rows that are labelled with it. A class that
 * the model never trusts has a low one, so that its rows are not all suspicious. 1 for a class without rows.
 */
export function classThresholds({ rows, classes, probabilities, given }: JudgedRows): Float64Array {
  const sums = new Float64Array(classes);
  const counts = new Float64Array(classes);
  for (let row = 0; row < rows; row++) {
    const own = given[row]!;
    sums[own]! += probabilities[row * classes + own]!;
    counts[own]!++;
  }
  return sums.map((sum, c) => (counts[c] === 0 ? 1 : sum / counts[c]!));
}

/** Judges every row. */
export function suspicions(data: JudgedRows, method: RankingMethod): ClassSuspicion[] {
  const { rows, classes, probabilities, given } = data;
  const thresholds = classThresholds(data);
  return Array.from({ length: rows }, (_, row) => {
    const own = probabilities.subarray(row * classes, (row + 1) * classes);
    const label = given[row]!;
    const other = bestOther(own, label, (c) => own[c]!);
    const rival = bestOther(own, label, (c) => own[c]! - thresholds[c]!);
    const score = {
      "self-confidence": 1 - own[label]!,
      margin: own[other]! - own[label]!,
      "adjusted-margin": own[rival]! - thresholds[rival]! - (own[label]! - thresholds[label]!),
    }[method];
    const shown = method === "adjusted-margin" ? rival : other;
    return { row, given: label, givenProbability: own[label]!, other: shown, otherProbability: own[shown]!, score };
  });
}

function bestOther(own: Float64Array, label: number, valueOf: (c: number) => number): number {
  let best = -1;
  for (let c = 0; c < own.length; c++) {
    if (c !== label && (best < 0 || valueOf(c) > valueOf(best))) best = c;
  }
  return best;
}

/**
 * The confident joint, row-major [given, likely]: rows by their label and by the class that exceeds its threshold most probably; rows where no
 * class does are not counted.
 */
export function confidentJoint(data: JudgedRows): Float64Array {
  const { rows, classes, probabilities, given } = data;
  const thresholds = classThresholds(data);
  const joint = new Float64Array(classes * classes);
  for (let row = 0; row < rows; row++) {
    let best = -1;
    for (let c = 0; c < classes; c++) {
      const p = probabilities[row * classes + c]!;
      if (p >= thresholds[c]! && (best < 0 || p > probabilities[row * classes + best]!)) best = c;
    }
    if (best >= 0) joint[given[row]! * classes + best]!++;
  }
  return joint;
}

/**
 * The number of wrong labels by confident learning: each label's counts in the joint are scaled to its number of rows, and those off the
 * diagonal are added up.
 */
export function confidentErrors(data: JudgedRows): number {
  const { rows, classes, given } = data;
  const joint = confidentJoint(data);
  const counts = new Float64Array(classes);
  for (let row = 0; row < rows; row++) counts[given[row]!]!++;
  let errors = 0;
  for (let c = 0; c < classes; c++) {
    const own = joint.subarray(c * classes, (c + 1) * classes);
    const total = own.reduce((sum, value) => sum + value, 0);
    if (total > 0) errors += (counts[c]! * (total - own[c]!)) / total;
  }
  return errors;
}
