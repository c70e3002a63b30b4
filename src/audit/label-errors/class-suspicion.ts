// How suspicious a given label is, from the probabilities of a model that never saw it (Northcutt, Jiang and Chuang, 2021).

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

/** Turns logits into probabilities in place; the highest is subtracted first. */
export function softmaxInPlace(scores: Float64Array): void {
  let highest = Number.NEGATIVE_INFINITY;
  for (const value of scores) if (value > highest) highest = value;
  let total = 0;
  for (let c = 0; c < scores.length; c++) {
    scores[c] = Math.exp(scores[c]! - highest);
    total += scores[c]!;
  }
  for (let c = 0; c < scores.length; c++) scores[c]! /= total;
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
  const score = scoreOfLabel(data, method);
  return Array.from({ length: rows }, (_, row) => {
    const own = probabilities.subarray(row * classes, (row + 1) * classes);
    const label = given[row]!;
    const other = bestOther(own, label);
    return {
      row,
      given: label,
      givenProbability: own[label]!,
      other,
      otherProbability: own[other] ?? 0, // there is no other class in data with a single one
      score: score(row, label),
    };
  });
}

/** How suspicious a label would be in a row. */
export function scoreOfLabel(
  data: JudgedRows,
  method: RankingMethod,
): (row: number, label: number) => number {
  const { classes, probabilities } = data;
  const thresholds = classThresholds(data);
  const shifts = method === "adjusted-margin" ? thresholds : new Float64Array(classes);
  return (row, label) => {
    const own = probabilities.subarray(row * classes, (row + 1) * classes);
    if (method === "self-confidence") return 1 - own[label]!;
    let rival = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < classes; c++) if (c !== label) rival = Math.max(rival, own[c]! - shifts[c]!);
    return rival - (own[label]! - shifts[label]!);
  };
}

/** The most probable class other than the label. */
function bestOther(own: Float64Array, label: number): number {
  let best = -1;
  for (let c = 0; c < own.length; c++) if (c !== label && (best < 0 || own[c]! > own[best]!)) best = c;
  return best;
}
