// The shift between real and generated views: whether a classifier can tell them apart, how far their distributions are, and what
// importance weights would leave of the generated ones.

import { quantile } from "../../base/statistics.ts";
import { clusterSampler } from "../../evaluation/cluster-sampler.ts";
import { outOfFoldPredictions } from "../../evaluation/ridge.ts";
import { seededIndex } from "../../evaluation/seeded-random.ts";

/** Embeddings of one origin. */
export interface Sample {
  readonly vectors: readonly Float32Array[];
  /** Equal for vectors that depend on each other: views of one instance, or pictures of one text. */
  readonly clusters: readonly string[];
}

export interface Shift {
  readonly real: number;
  readonly generated: number;
  /**
   * Area under the ROC curve of a linear classifier that tells generated views from real ones, cross-validated over clusters: 0.5 if it
   * cannot, 1 if it always can (classifier two-sample test, Lopez-Paz and Oquab 2017).
   */
  readonly auc: number;
  /** 95 % interval over other clusters. */
  readonly interval: readonly [low: number, high: number];
  /** The same with origins permuted over clusters: mean and 95 % quantile of what chance gives. */
  readonly permuted: { readonly mean: number; readonly upper: number };
  /** Share of permutations with an area as large; at least 1 / (1 + permutations). */
  readonly pValue: number;
  /** Squared maximum mean discrepancy with a Gaussian kernel of the median distance (Gretton et al. 2012), unbiased: 0 for one distribution. */
  readonly mmd: number;
  /** Importance weights p(real | view) / p(generated | view) from the classifier, for a mean over generated views to stand for real ones. */
  readonly weights: {
    /** Effective number of generated views, (sum w)^2 / sum w^2, as a share of them (Kish 1965): 1 without a shift. */
    readonly effectiveShare: number;
    /** Share of the total weight on the heaviest tenth of the views; 0.1 without a shift. */
    readonly heaviestTenth: number;
  };
}

/** More than these of one origin are drawn from at random. */
const MOST = 600;
/** Wider embeddings are projected. */
const MOST_WIDTH = 64;
const FOLDS = 5;
const PERMUTATIONS = 100;
const RESAMPLES = 500;
/** Fewer clusters of either origin have no folds. */
export const LEAST_CLUSTERS = 2 * FOLDS;

/** Undefined with fewer than ten clusters of either origin. */
export function shiftOf(real: Sample, generated: Sample, seed = 1): Shift | undefined {
  const [own, made] = [drawn(real, seed), drawn(generated, seed + 1)];
  if (own.names.size < LEAST_CLUSTERS || made.names.size < LEAST_CLUSTERS) return undefined;
  const vectors = narrowed([...own.vectors, ...made.vectors]);
  const names = [...own.clusters.map((one) => `real ${one}`), ...made.clusters.map((one) => `made ${one}`)];
  const numbers = new Map([...new Set(names)].map((name, i) => [name, i]));
  const clusters = names.map((name) => numbers.get(name)!); // every name has a number
  const isMade = vectors.map((_, i) => i >= own.vectors.length);
  const scores = scoresOf(vectors, isMade, clusters);
  const auc = areaUnder(scores, isMade);
  const random = seededIndex(seed);
  const permuted = Float64Array.from({ length: PERMUTATIONS }, () => {
    const labels = permutedLabels(clusters, isMade, random);
    return areaUnder(scoresOf(vectors, labels, clusters), labels);
  }).sort();
  const asLarge = permuted.filter((value) => value >= auc).length;
  return {
    real: own.vectors.length,
    generated: made.vectors.length,
    auc,
    interval: intervalOf(scores, isMade, clusters, random),
    permuted: {
      mean: permuted.reduce((sum, value) => sum + value, 0) / PERMUTATIONS,
      upper: quantile(permuted, 0.95),
    },
    pValue: (1 + asLarge) / (1 + PERMUTATIONS),
    mmd: meanDiscrepancy(own.vectors, made.vectors),
    weights: weightsOf(scores, isMade),
  };
}

/** Wide embeddings by random signs (Achlioptas 2003): distances stay about the same, and the classifier is fitted a hundred times. */
function narrowed(vectors: readonly Float32Array[]): readonly Float32Array[] {
  const width = vectors[0]!.length;
  if (width <= MOST_WIDTH) return vectors;
  const random = seededIndex(0);
  const signs = Int8Array.from({ length: width * MOST_WIDTH }, () => 2 * random(2) - 1);
  return vectors.map((vector) => {
    const narrow = new Float32Array(MOST_WIDTH);
    for (let i = 0; i < width; i++) {
      for (let j = 0; j < MOST_WIDTH; j++) narrow[j]! += vector[i]! * signs[i * MOST_WIDTH + j]!;
    }
    return narrow;
  });
}

function drawn({ vectors, clusters }: Sample, seed: number) {
  const random = seededIndex(seed);
  const order = vectors.map((_, i) => i);
  for (let i = order.length - 1; i > 0; i--) {
    const j = random(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!]; // inside the list
  }
  const kept = order.slice(0, MOST).sort((a, b) => a - b);
  return {
    vectors: kept.map((i) => vectors[i]!),
    clusters: kept.map((i) => clusters[i]!),
    names: new Set(kept.map((i) => clusters[i]!)),
  };
}

/** Out-of-fold scores, higher for generated: ridge regression on the origin, -1 or 1 with the same total weight. */
function scoresOf(
  vectors: readonly Float32Array[],
  isMade: readonly boolean[],
  clusters: readonly number[],
): Float64Array {
  const share = isMade.filter(Boolean).length / isMade.length;
  const targets = isMade.map((made) => Float32Array.of(made ? 1 - share : -share));
  const predicted = outOfFoldPredictions({ features: vectors, targets, clusters, folds: FOLDS });
  return Float64Array.from(predicted, (row) => row[0]!);
}

/** The share of pairs of a generated and a real view in which the generated one scores higher; ties count half. */
export function areaUnder(scores: ArrayLike<number>, isMade: readonly boolean[]): number {
  const order = isMade.map((_, i) => i).sort((a, b) => scores[a]! - scores[b]!);
  let [ranks, made] = [0, 0];
  for (let start = 0; start < order.length; ) {
    let end = start;
    while (end < order.length && scores[order[end]!] === scores[order[start]!]) end++;
    const rank = (start + 1 + end) / 2;
    for (let i = start; i < end; i++) {
      if (!isMade[order[i]!]) continue;
      ranks += rank;
      made++;
    }
    start = end;
  }
  const real = isMade.length - made;
  return made === 0 || real === 0 ? 0.5 : (ranks - (made * (made + 1)) / 2) / (made * real);
}

/** The clusters' origins in another order: a cluster's vectors keep one origin. */
function permutedLabels(
  clusters: readonly number[],
  isMade: readonly boolean[],
  random: (below: number) => number,
): boolean[] {
  const origins = new Map<number, boolean>();
  clusters.forEach((cluster, i) => {
    origins.set(cluster, isMade[i]!);
  });
  const values = [...origins.values()];
  for (let i = values.length - 1; i > 0; i--) {
    const j = random(i + 1);
    [values[i], values[j]] = [values[j]!, values[i]!]; // inside the list
  }
  const given = new Map([...origins.keys()].map((cluster, i) => [cluster, values[i]!]));
  return clusters.map((cluster) => given.get(cluster)!);
}

function intervalOf(
  scores: Float64Array,
  isMade: readonly boolean[],
  clusters: readonly number[],
  random: (below: number) => number,
): readonly [number, number] {
  const sampler = clusterSampler(scores.length, clusters);
  const values = Float64Array.from({ length: RESAMPLES }, () => {
    const rows = Array.from(sampler.draw(random));
    return areaUnder(
      rows.map((i) => scores[i]!),
      rows.map((i) => isMade[i]!),
    );
  }).sort();
  return [quantile(values, 0.025), quantile(values, 0.975)];
}

function meanDiscrepancy(a: readonly Float32Array[], b: readonly Float32Array[]): number {
  const between = pairwise(a, b);
  const [withinA, withinB] = [pairwise(a, a), pairwise(b, b)];
  const width = quantile(Float64Array.from(between.flat()).sort(), 0.5) || 1;
  const kernel = (squared: number) => Math.exp(-squared / width);
  const mean = (rows: readonly (readonly number[])[], same: boolean) => {
    let [sum, count] = [0, 0];
    rows.forEach((row, i) => {
      row.forEach((value, j) => {
        if (same && i === j) return;
        sum += kernel(value);
        count++;
      });
    });
    return sum / count;
  };
  return mean(withinA, true) + mean(withinB, true) - 2 * mean(between, false);
}

/** Squared distances. */
function pairwise(a: readonly Float32Array[], b: readonly Float32Array[]): number[][] {
  return a.map((x) =>
    b.map((y) => {
      let sum = 0;
      for (let i = 0; i < x.length; i++) sum += (x[i]! - y[i]!) ** 2;
      return sum;
    }),
  );
}

/** Weights of the generated views: odds of being real by a logistic curve that is fitted to the scores. */
function weightsOf(scores: Float64Array, isMade: readonly boolean[]): Shift["weights"] {
  const [slope, shift] = logistic(scores, isMade);
  const weights = [...scores]
    .filter((_, i) => isMade[i])
    .map((score) => Math.exp(-Math.max(-30, Math.min(30, slope * score + shift))))
    .sort((a, b) => b - a);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const squares = weights.reduce((sum, weight) => sum + weight * weight, 0);
  const tenth = weights.slice(0, Math.max(1, Math.round(weights.length / 10)));
  return {
    effectiveShare: (total * total) / squares / weights.length,
    heaviestTenth: tenth.reduce((sum, weight) => sum + weight, 0) / total,
  };
}

/** Slope and shift of p(generated) = sigmoid(slope x score + shift), by Newton's method with a little shrinkage. */
function logistic(scores: Float64Array, isMade: readonly boolean[]): readonly [number, number] {
  const deviation = Math.sqrt(scores.reduce((sum, score) => sum + score * score, 0) / scores.length) || 1;
  let [slope, shift] = [0, 0];
  for (let step = 0; step < 50; step++) {
    let [g0, g1, h00, h01, h11] = [-0.01 * slope, 0, 0.01, 0, 1e-9];
    for (let i = 0; i < scores.length; i++) {
      const x = scores[i]! / deviation;
      const p = 1 / (1 + Math.exp(-(slope * x + shift)));
      const residual = Number(isMade[i]) - p;
      const curve = p * (1 - p);
      g0 += residual * x;
      g1 += residual;
      h00 += curve * x * x;
      h01 += curve * x;
      h11 += curve;
    }
    const determinant = h00 * h11 - h01 * h01;
    const limit = (value: number) => Math.max(-5, Math.min(5, value));
    slope += limit((h11 * g0 - h01 * g1) / determinant);
    shift += limit((h00 * g1 - h01 * g0) / determinant);
  }
  return [slope / deviation, shift];
}
