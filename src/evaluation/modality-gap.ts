// The modality gap of held-out pairs: how far a picture's representation is from that of its own text, beside those of other texts.

import { quantile } from "../base/statistics.ts";
import { clusterSampler } from "./cluster-sampler.ts";
import { EvaluationError } from "./evaluation-error.ts";
import { seededIndex } from "./seeded-random.ts";

/** Texts and pictures in one space, row by row: row i of one belongs to row i of the other. */
export interface ModalityPairs {
  readonly texts: readonly Float32Array[];
  readonly pictures: readonly Float32Array[];
  /** A number per pair, equal for those that share a text or a picture: never compared as shuffled, and drawn together. */
  readonly clusters: readonly number[];
}

/** A mean over pairs with its 95 % interval over other clusters. */
export interface GapEstimate {
  readonly mean: number;
  readonly interval: readonly [low: number, high: number];
}

/** The same quantity for a pair, and for a text with the pictures of other clusters. */
export interface MatchedAndShuffled {
  readonly matched: GapEstimate;
  /** Every picture of another cluster, instead of the text's own. */
  readonly shuffled: GapEstimate;
  /** How much better matched pairs are: 0 if the picture's representation says nothing about which text is its own. */
  readonly advantage: GapEstimate;
}

export interface ModalityGap {
  readonly pairs: number;
  readonly clusters: number;
  /** KL(softmax(text) || softmax(picture)) in nats, the distance that the semantic loss lowers. Advantage: shuffled less matched. */
  readonly divergence: MatchedAndShuffled;
  /** Cosine of the representations, each modality less its mean. Advantage: matched less shuffled. */
  readonly cosine: MatchedAndShuffled;
  /** Distance of the two modalities' means, of representations at length 1 (Liang et al. 2022): the gap proper, 0 to 2. */
  readonly centroids: GapEstimate;
  /** Retrieval of a text's picture by lowest divergence, among it and those of other clusters. */
  readonly retrieval: {
    /** Mean of 1 / rank. */
    readonly reciprocalRank: GapEstimate;
    /** What a random order would give. */
    readonly byChance: number;
    /** Mean of (rank - 1) / (candidates - 1): 0.5 for a random order. */
    readonly relativeRank: GapEstimate;
  };
}

/** The gap of one model on some documents. */
export interface ModelGap {
  /** Pairs that were measured: at most 1,000, evenly spaced. */
  readonly measured: number;
  /**
   * The model's own pictures (the semantic loss's linear layer) against its texts, encoded without pictures. Absent for a model without the
   * semantic loss.
   */
  readonly trained?: ModalityGap;
  /** The same with texts as in training: each reads its own picture through the visual prefix, which alone makes pairs alike. */
  readonly trainedWithPrefix?: ModalityGap;
  /** The best linear reading of the pictures, fitted on these documents out of fold, against texts without pictures: for models with and without the loss. */
  readonly fitted: ModalityGap;
}

const SAMPLES = 1000;

/**
 * @throws EvaluationError `evaluation/nothing-to-evaluate` with fewer than two clusters, `evaluation/not-a-number`
 */
export function modalityGap({ texts, pictures, clusters }: ModalityPairs, seed = 1): ModalityGap {
  const count = texts.length;
  const distinct = new Set(clusters).size;
  if (distinct < 2) throw tooFew(distinct);
  const [textShares, pictureShares] = [texts.map(logSoftmax), pictures.map(logSoftmax)];
  const entropies = textShares.map((row) => row.reduce((sum, value) => sum + Math.exp(value) * value, 0));
  const [textWay, pictureWay] = [centredToOne(texts), centredToOne(pictures)];
  const rows: Row[] = texts.map((_, i) => {
    const text = textShares[i]!.map(Math.exp); // as many as texts
    let [divergences, cosines, others, better, equal] = [0, 0, 0, 0, 0];
    const own = entropies[i]! - dot(text, pictureShares[i]!);
    for (let j = 0; j < count; j++) {
      if (clusters[j] === clusters[i]) continue;
      const divergence = entropies[i]! - dot(text, pictureShares[j]!);
      divergences += divergence;
      cosines += dot(textWay[i]!, pictureWay[j]!);
      others++;
      if (divergence < own) better++;
      else if (divergence === own) equal++;
    }
    const rank = 1 + better + equal / 2; // ties as in a random order of them
    return {
      divergence: [own, divergences / others],
      cosine: [dot(textWay[i]!, pictureWay[i]!), cosines / others],
      reciprocalRank: 1 / rank,
      relativeRank: (rank - 1) / others,
      candidates: others + 1,
    };
  });
  const finite = rows.every(({ divergence, cosine }) => [...divergence, ...cosine].every(Number.isFinite));
  if (!finite) throw notFinite();
  const estimate = estimator(count, clusters, seed);
  const mean = (of: (row: Row) => number) => estimate((drawn) => meanOf(drawn, rows, of));
  const both = (of: (row: Row) => readonly [number, number], sign: number): MatchedAndShuffled => ({
    matched: mean((row) => of(row)[0]),
    shuffled: mean((row) => of(row)[1]),
    advantage: mean((row) => sign * (of(row)[0] - of(row)[1])),
  });
  const [unitTexts, unitPictures] = [texts.map(toOne), pictures.map(toOne)];
  return {
    pairs: count,
    clusters: distinct,
    divergence: both(({ divergence }) => divergence, -1),
    cosine: both(({ cosine }) => cosine, 1),
    centroids: estimate((drawn) => distanceOfMeans(drawn, unitTexts, unitPictures)),
    retrieval: {
      reciprocalRank: mean(({ reciprocalRank }) => reciprocalRank),
      byChance: rows.reduce((sum, { candidates }) => sum + harmonic(candidates) / candidates, 0) / count,
      relativeRank: mean(({ relativeRank }) => relativeRank),
    },
  };
}

interface Row {
  /** Matched, and the mean of the shuffled. */
  readonly divergence: readonly [number, number];
  readonly cosine: readonly [number, number];
  readonly reciprocalRank: number;
  readonly relativeRank: number;
  readonly candidates: number;
}

type Statistic = (drawn: Uint32Array) => number;

/** The statistic on all pairs, and its percentile interval over resampled clusters. */
function estimator(count: number, clusters: readonly number[], seed: number) {
  const whole = Uint32Array.from({ length: count }, (_, i) => i);
  return (statistic: Statistic): GapEstimate => {
    const random = seededIndex(seed);
    const sampler = clusterSampler(count, clusters);
    const values = Float64Array.from({ length: SAMPLES }, () => statistic(sampler.draw(random))).sort();
    return { mean: statistic(whole), interval: [quantile(values, 0.025), quantile(values, 0.975)] };
  };
}

function meanOf(drawn: Uint32Array, rows: readonly Row[], of: (row: Row) => number): number {
  let sum = 0;
  for (const i of drawn) sum += of(rows[i]!); // drawn from the rows
  return sum / drawn.length;
}

function distanceOfMeans(drawn: Uint32Array, a: readonly Float64Array[], b: readonly Float64Array[]): number {
  const difference = new Float64Array(a[0]!.length);
  for (const row of drawn) {
    for (let i = 0; i < difference.length; i++) difference[i]! += a[row]![i]! - b[row]![i]!;
  }
  return Math.hypot(...difference) / drawn.length;
}

function logSoftmax(row: Float32Array): Float64Array {
  const largest = row.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  let sum = 0;
  for (const value of row) sum += Math.exp(value - largest);
  const shift = largest + Math.log(sum);
  return Float64Array.from(row, (value) => value - shift);
}

function toOne(row: ArrayLike<number>): Float64Array {
  const length = Math.sqrt(dot(row, row));
  return Float64Array.from(row, (value) => (length === 0 ? 0 : value / length));
}

/** Each row at length 1 less their mean, again at length 1. */
function centredToOne(rows: readonly Float32Array[]): readonly Float64Array[] {
  const units = rows.map(toOne);
  const mean = new Float64Array(units[0]!.length);
  for (const row of units) for (let i = 0; i < mean.length; i++) mean[i]! += row[i]! / units.length;
  return units.map((row) => toOne(row.map((value, i) => value - mean[i]!)));
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function harmonic(count: number): number {
  let sum = 0;
  for (let i = 1; i <= count; i++) sum += 1 / i;
  return sum;
}

function tooFew(clusters: number): EvaluationError {
  return new EvaluationError({
    code: "evaluation/nothing-to-evaluate",
    message: `the gap compares pairs with those of other texts and pictures, but there ${clusters === 1 ? "is one text or picture" : "are none"} with both`,
    value: clusters,
    remedy: "Give documents with different texts and usable pictures.",
  });
}

function notFinite(): EvaluationError {
  return new EvaluationError({
    code: "evaluation/not-a-number",
    message: "a representation of a text or a picture contains NaN or infinity",
    remedy: "Use an earlier model, or train again with a lower learning rate.",
  });
}
