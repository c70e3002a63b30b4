// Fits how much a model's answers should move with the views of the other modality: one convex number, validated on held-out texts.
import { MAX_TRUST } from "../base/trust-range.ts";
import { requireIndices, requireSameLength } from "./evaluation-error.ts";
import { foldsOf } from "./folds.ts";
import { isPositiveMean } from "./positive-mean.ts";

/** Scores of labelled instances: log-probabilities, up to a constant of each row. */
export interface TrustInstances {
  /** Scores without a view. A label that is ruled out has a score far below all others, as -1e30; the gold label is not ruled out. */
  readonly without: readonly ArrayLike<number>[];
  /** What the views add to each score; 0 where there is no view or the label is ruled out. */
  readonly evidence: readonly ArrayLike<number>[];
  readonly gold: readonly number[];
  /** Instances of one cluster (for example a text) depend on each other and are never on both sides of a split. */
  readonly clusters: readonly number[];
}

/**
 * Reason for the choice of trust. `fitted`: the fitted one is better on held-out texts. `too-few`: there are too few texts with a view.
 * `not-better`: it does not lower the held-out loss with confidence. `fixed`: it was not fitted but set.
 */
export type TrustDecision = "fitted" | "too-few" | "not-better" | "fixed";

/** A trust with the reason for it, and how well it does on texts that it was not fitted on. */
export interface FittedTrust {
  /** The trust to use: the fitted one, or 1 if it failed validation. */
  readonly trust: number;
  readonly decision: TrustDecision;
  /** The trust that fits all instances, used or not. */
  readonly fitted: number;
  /** The fitted trust is at an end of the search range, 0 or 10. */
  readonly atBound: boolean;
  /** Number of instances with a view. */
  readonly instances: number;
  /** Number of their clusters. */
  readonly texts: number;
  /**
   * Mean loss over the instances with a view, in nats: at trust 1, and with each half at the trust fitted on the other half. Null if
   * nothing can be held out.
   */
  readonly loss: { readonly before: number; readonly after: number } | null;
}

/** Of the logarithm of the temperature that a trust is judged at. */
const MAX_LOG_TEMPERATURE = 3;
const BISECTIONS = 14; // leaves a range of a thousandth; the number of evaluations is its square
/** Standard deviations of the normal priors, of trust at 1 and of log T at 0: a handful of texts cannot pull either to a bound. */
const PRIOR_DEVIATION = { trust: 3, logTemperature: 0.5 };
/** With fewer clusters, nothing can be inferred about other texts. */
const MIN_CLUSTERS = 8;

/**
 * The trust b >= 0 that minimises the mean negative log-likelihood of softmax((without + b evidence) / T) at the best temperature T, with
 * normal priors, and its validation: fitted on half of the texts and evaluated on the others, and vice versa. Compared with a trust of 1, at
 * the best temperature for it, the loss must fall with a confidence of 95 % (one-sided t-test over texts).
 *
 * A model that is too sure of itself needs its temperature here: at T = 1, a trust below the best one makes its answers softer, and so
 * seems better. The loss is convex in 1 / T and b / T, so the sign of its slope in b, at the best T for each b, leads to the optimum.
 *
 * @throws EvaluationError `evaluation/different-lengths`, `evaluation/bad-label-index`
 * @example
 * import { fitTrust } from "relata/evaluation";
 *
 * const without = Array.from({ length: 80 }, (_, i) => [i % 4 < 2 ? 1 : -1, 0]);
 * const evidence = without.map(() => [0.5, 0]); // always right, so worth more than it says
 * fitTrust({ without, evidence, gold: without.map(() => 0), clusters: without.map((_, i) => i) }).trust; // above 2
 */
export function fitTrust(instances: TrustInstances): FittedTrust {
  const { without, evidence, gold, clusters } = instances;
  for (const [place, values] of Object.entries({ evidence, gold, clusters }))
    requireSameLength(place, without, values);
  requireIndices("gold", gold, without[0]?.length ?? 0);
  const all = gold.map((_, i) => i).filter((i) => !isSilent(evidence[i]!));
  const halves = foldsOf(
    all.map((i) => clusters[i]!),
    2,
  );
  const counts = { instances: all.length, texts: halves.clusters };
  const fitted = bestTrust(instances, all);
  const found = { fitted: fitted.trust, atBound: fitted.atBound, ...counts };
  if (halves.clusters < MIN_CLUSTERS) return { trust: 1, decision: "too-few", ...found, loss: null };
  const heldOut = [0, 1].map((half) => {
    const others = all.filter((_, at) => halves.of[at] !== half);
    const { trust } = bestTrust(instances, others);
    return [1, trust].map((b) => ({ trust: b, temperature: bestTemperature(instances, others, b) }));
  });
  const gains = new Map<number, number>();
  let [before, after] = [0, 0];
  for (const [at, i] of all.entries()) {
    const [plain, held] = heldOut[halves.of[at]!]!.map((how) => lossAt(instances, i, how).loss) as [
      number,
      number,
    ]; // two each
    before += plain / all.length;
    after += held / all.length;
    gains.set(clusters[i]!, (gains.get(clusters[i]!) ?? 0) + plain - held);
  }
  const isBetter = isPositiveMean([...gains.values()]);
  return {
    trust: isBetter ? fitted.trust : 1,
    decision: isBetter ? "fitted" : "not-better",
    ...found,
    loss: { before, after: isBetter ? after : before },
  };
}

/** Scores with this trust: without + trust evidence. */
export function trusted(
  without: ArrayLike<number>,
  evidence: ArrayLike<number>,
  trust: number,
): Float32Array {
  return Float32Array.from(without, (score, i) => score + trust * evidence[i]!); // rows of one length
}

/** Whether there is no view, or one that changes nothing: every trust gives the same scores. */
const isSilent = (evidence: ArrayLike<number>): boolean => Array.from(evidence).every((value) => value === 0);

/** The trust with the lowest loss over the given instances, at the best temperature for it. */
function bestTrust(instances: TrustInstances, places: readonly number[]) {
  const slope = (trust: number) => {
    const temperature = bestTemperature(instances, places, trust);
    const prior = (trust - 1) / PRIOR_DEVIATION.trust ** 2;
    return places.reduce((sum, i) => sum + lossAt(instances, i, { trust, temperature }).byTrust, prior);
  };
  const atBound = slope(0) >= 0 || slope(MAX_TRUST) <= 0;
  return { trust: whereZero(slope, 0, MAX_TRUST), atBound };
}

/** The temperature with the lowest loss over the given instances, at this trust. */
function bestTemperature(instances: TrustInstances, places: readonly number[], trust: number): number {
  const slope = (logTemperature: number) => {
    const temperature = Math.exp(logTemperature);
    const prior = logTemperature / PRIOR_DEVIATION.logTemperature ** 2;
    return places.reduce(
      (sum, i) => sum + lossAt(instances, i, { trust, temperature }).byLogTemperature,
      prior,
    );
  };
  return Math.exp(whereZero(slope, -MAX_LOG_TEMPERATURE, MAX_LOG_TEMPERATURE));
}

/** Where a slope changes from negative to positive between two bounds; the nearer bound if it does not. */
function whereZero(slope: (at: number) => number, from: number, to: number): number {
  let [low, high] = [from, to];
  for (let i = 0; i < BISECTIONS; i++) {
    const middle = (low + high) / 2;
    if (slope(middle) < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

interface At {
  readonly trust: number;
  readonly temperature: number;
}

/** Negative log-likelihood of an instance's gold label in nats, and its derivatives. */
function lossAt({ without, evidence, gold }: TrustInstances, i: number, { trust, temperature }: At) {
  const [scores, moves] = [without[i]!, evidence[i]!];
  const at = (label: number) => scores[label]! + trust * moves[label]!; // rows of one length
  let highest = Number.NEGATIVE_INFINITY;
  for (let label = 0; label < scores.length; label++) highest = Math.max(highest, at(label));
  let [total, score, move] = [0, 0, 0];
  for (let label = 0; label < scores.length; label++) {
    const above = at(label) - highest;
    const weight = Math.exp(above / temperature);
    if (weight === 0) continue; // a label that is ruled out is far below
    total += weight;
    score += weight * above;
    move += weight * moves[label]!;
  }
  const own = gold[i]!;
  const ownAbove = at(own) - highest;
  return {
    loss: Math.log(total) - ownAbove / temperature,
    byTrust: (move / total - moves[own]!) / temperature,
    byLogTemperature: (ownAbove - score / total) / temperature,
  };
}
