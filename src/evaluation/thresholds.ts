// Thresholds per label: from which probability a prediction is reported, so that precision or F1 meets an aim on data not seen here.
import { EvaluationError } from "./evaluation-error.ts";
import { foldsOf } from "./folds.ts";
import {
  type Cut,
  cutsOf,
  type LabelledPredictions,
  type MissedInstance,
  type ScoredPrediction,
} from "./precision-recall.ts";
import { effectiveSize, wilsonBound, wilsonInterval } from "./wilson.ts";

/** What thresholds are for: the highest F1 of each label, or a precision that each label must have. */
export type ThresholdAim = "best-f1" | { readonly precision: number };

/** What happens to a label that cannot reach the aim: it takes the threshold of its best precision, or it is never reported. */
export type Unreached = "best" | "drop";

/**
 * Why a threshold has its value. `reached`: it meets the aim. `unreached`: no threshold does; it is the one of the best precision, or none.
 * `not-better`: for F1, a threshold does not help on held-out texts. `too-few`: there are too few predictions to choose one. `all-labels`: there are
 * too few of this label, which takes the threshold of all labels together.
 */
export type ThresholdDecision = "reached" | "unreached" | "not-better" | "too-few" | "all-labels";

/** Precision, recall and F1 of predictions that the thresholds were not fitted on. */
export interface HeldOutScore {
  /** Predictions at or above the threshold, and how many of them are right. */
  readonly kept: number;
  readonly right: number;
  /** Null if none is kept. */
  readonly precision: number | null;
  /** Of the precision, with a confidence of 95 %. */
  readonly interval: readonly [low: number, high: number];
  readonly recall: number;
  readonly f1: number;
}

/** The threshold of one label, or of all together, and what it is based on; scores are between 0 and 1. */
export interface LabelThreshold {
  /** Lowest probability at which the label is reported; null: it is never reported. */
  readonly threshold: number | null;
  readonly decision: ThresholdDecision;
  /** Predictions of the label, and texts (clusters) that they come from. */
  readonly predictions: number;
  readonly texts: number;
  /** Gold instances of the label. */
  readonly gold: number;
  /** Without a threshold. */
  readonly precision: number | null;
  readonly recall: number;
  /** On texts that the threshold was not fitted on; null if there are too few. */
  readonly heldOut: HeldOutScore | null;
}

/** The thresholds of a model's labels. */
export interface Thresholds {
  readonly aim: ThresholdAim;
  readonly unreached: Unreached;
  /** One threshold for all labels together; labels that are not listed take it. */
  readonly all: LabelThreshold;
  /** All labels, each with its own threshold, on texts that the thresholds were not fitted on; null if there are too few. */
  readonly together: HeldOutScore | null;
  readonly labels: readonly (LabelThreshold & { readonly label: string })[];
}

/** With fewer predictions or texts, a label takes the threshold of all labels. */
const LEAST = { predictions: 50, texts: 8 };
/** A threshold keeps at least this many predictions: fewer say nothing about its precision. */
const LEAST_KEPT = 10;
/** One-sided 80 % point of the normal distribution: the aim must be met with this confidence. */
const Z_AIM = 0.8416212335729143;
/** The precision is estimated as if this many more predictions had been seen, right as often as the probabilities say. */
const PRIOR = 10;
const FOLDS = 10;
/** Choosing the threshold on the same predictions makes held-out precision vary more than by chance alone (docs/training.md has the measurement). */
const CHOICE = 2;

/**
 * Fits the thresholds of `labels` on predictions for labelled data.
 *
 * For a precision, a label's threshold is the lowest whose precision is at least the aim with a confidence of 80 % (Wilson's lower bound). Its held-out
 * scores come from ten folds of texts: each fold is judged with the threshold of the other nine.
 *
 * @throws EvaluationError `evaluation/bad-scores`, `evaluation/bad-aim`
 * @example
 * import { fitThresholds } from "relata/evaluation";
 *
 * const predictions = [{ label: "PER", probability: 0.9, right: true, cluster: 0 }];
 * const missed = [{ label: "ORG", cluster: 1 }];
 * const { all } = fitThresholds({ predictions, missed }, ["PER", "ORG"], { precision: 0.9 });
 * console.log(all.threshold, all.heldOut?.precision);
 */
export function fitThresholds(
  { predictions, missed }: LabelledPredictions,
  labels: readonly string[],
  aim: ThresholdAim,
  unreached: Unreached = "best",
): Thresholds {
  requireAim(aim);
  const pooled = fitOne({ predictions, missed }, aim, unreached);
  const [predicted, overlooked] = [byLabel(predictions), byLabel(missed)];
  const fits = labels.map((label) => {
    const own = { predictions: predicted.get(label) ?? [], missed: overlooked.get(label) ?? [] };
    const fit = fitOne(own, aim, unreached);
    return { label, ...(fit.found.decision === "too-few" ? sharing(fit, pooled, label) : fit) };
  });
  const reported = fits.flatMap(({ found, heldOut }) => (found.threshold === null ? [] : heldOut));
  return {
    aim,
    unreached,
    all: pooled.found,
    together: pooled.found.decision === "too-few" ? null : scoreOf(reported, pooled.found.gold),
    labels: fits.map(({ label, found }) => ({ label, ...found })),
  };
}

/** The lowest probability at which a label is reported; infinite for a label that never is. */
export function thresholdOf({ all, labels }: Pick<Thresholds, "all" | "labels">, label: string): number {
  const found = labels.find((one) => one.label === label) ?? all;
  return found.threshold ?? Number.POSITIVE_INFINITY;
}

/** A threshold, and the predictions that it keeps of texts that it was not fitted on. */
interface Fit {
  readonly found: LabelThreshold;
  readonly heldOut: readonly ScoredPrediction[];
}

function fitOne(own: LabelledPredictions, aim: ThresholdAim, unreached: Unreached): Fit {
  const { predictions } = own;
  const texts = new Set(predictions.map(({ cluster }) => cluster)).size;
  const facts = { ...scoresWithout(own), texts };
  if (predictions.length < LEAST.predictions || texts < LEAST.texts)
    return { found: { threshold: 0, decision: "too-few", ...facts, heldOut: null }, heldOut: [] };
  const heldOut = keptOfOtherFolds(own, aim);
  const score = scoreOf(heldOut, facts.gold);
  const plain = scoreOf(predictions, facts.gold);
  if (aim === "best-f1" && score.f1 <= plain.f1)
    return {
      found: { threshold: 0, decision: "not-better", ...facts, heldOut: plain },
      heldOut: predictions,
    };
  const { threshold, reached } = choose(own, aim);
  const found = {
    threshold: !reached && unreached === "drop" ? null : threshold,
    decision: reached ? ("reached" as const) : ("unreached" as const),
    ...facts,
    heldOut: score,
  };
  return { found, heldOut };
}

/** The predictions of each fold that are at or above the threshold of the other folds. */
function keptOfOtherFolds({ predictions, missed }: LabelledPredictions, aim: ThresholdAim) {
  const clusters = [...predictions, ...missed].map(({ cluster }) => cluster);
  const { of } = foldsOf(clusters, FOLDS);
  return Array.from({ length: FOLDS }, (_, fold) => {
    const others = {
      predictions: predictions.filter((_, i) => of[i] !== fold),
      missed: missed.filter((_, i) => of[predictions.length + i] !== fold),
    };
    const { threshold } = choose(others, aim);
    return predictions.filter(({ probability }, i) => of[i] === fold && probability >= threshold);
  }).flat();
}

/** A label with too few predictions: what the threshold of all labels does to it. */
function sharing({ found }: Fit, pooled: Fit, label: string): Fit {
  if (pooled.found.decision === "too-few") return { found, heldOut: [] };
  const heldOut = pooled.heldOut.filter((one) => one.label === label);
  const { threshold } = pooled.found;
  return {
    found: { ...found, threshold, decision: "all-labels", heldOut: scoreOf(heldOut, found.gold) },
    heldOut,
  };
}

function scoresWithout({ predictions, missed }: LabelledPredictions) {
  const right = countRight(predictions);
  const gold = right + missed.length;
  return {
    predictions: predictions.length,
    gold,
    precision: predictions.length === 0 ? null : right / predictions.length,
    recall: gold === 0 ? 0 : right / gold,
  };
}

/** The threshold for an aim, and whether it meets it. */
function choose({ predictions, missed }: LabelledPredictions, aim: ThresholdAim) {
  const cuts = cutsOf(predictions);
  const least = Math.min(LEAST_KEPT, predictions.length);
  const enough = cuts.filter(({ kept }) => kept >= least);
  if (aim === "best-f1") {
    const gold = countRight(predictions) + missed.length;
    return { ...highest(enough, ({ kept, right }) => f1Of(kept, right, gold)), reached: true };
  }
  const meeting = enough.findLast((cut) => surePrecision(cut, Z_AIM) >= aim.precision);
  if (meeting) return { ...meeting, reached: true };
  return { ...highest(enough, (cut) => surePrecision(cut, 0)), reached: false };
}

/** The cut with the highest value; of equal ones the one that keeps most. */
function highest(cuts: readonly Cut[], value: (cut: Cut) => number): Cut {
  return cuts.reduce((best, cut) => (value(cut) >= value(best) ? cut : best));
}

function surePrecision({ kept, right, mass }: Cut, z: number): number {
  return wilsonBound(right + (PRIOR * mass) / kept, kept + PRIOR, z);
}

function scoreOf(kept: readonly ScoredPrediction[], gold: number): HeldOutScore {
  const right = countRight(kept);
  return {
    kept: kept.length,
    right,
    precision: kept.length === 0 ? null : right / kept.length,
    interval: wilsonInterval(right, kept.length, effectiveSize(kept) / CHOICE),
    recall: gold === 0 ? 0 : right / gold,
    f1: f1Of(kept.length, right, gold),
  };
}

const f1Of = (kept: number, right: number, gold: number) =>
  kept + gold === 0 ? 0 : (2 * right) / (kept + gold);

const countRight = (predictions: readonly ScoredPrediction[]) =>
  predictions.filter(({ right }) => right).length;

function byLabel<One extends MissedInstance>(all: readonly One[]): Map<string, One[]> {
  const groups = new Map<string, One[]>();
  for (const one of all) {
    const group = groups.get(one.label);
    if (group) group.push(one);
    else groups.set(one.label, [one]);
  }
  return groups;
}

function requireAim(aim: ThresholdAim): void {
  if (aim === "best-f1" || (aim.precision > 0 && aim.precision < 1)) return;
  throw new EvaluationError({
    code: "evaluation/bad-aim",
    message: `the precision to aim at must be between 0 and 1, got ${aim.precision}`,
    place: "aim",
    value: aim.precision,
    remedy: "Give a precision above 0 and below 1, for example 0.9.",
  });
}
