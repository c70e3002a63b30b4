// Estimated mutual information between views and labels: I(S;Y) >= H(Y) - CE, before and after a selection, with bootstrap intervals.
//
// CE is a classifier's mean cross-entropy of the gold label on views that it was not trained on; the bound is as tight as the classifier
// is good (MI2RAGE, arXiv 2312.03025). H(Y) is the plug-in estimate, the entropy of the labels' shares: it
// underestimates the true one by about (labels - 1) / (2 instances) nats (Miller 1955), so the bound is a
// little too low rather than too high. After a selection by the same cross-entropies, the bound is too
// high, because low ones were selected.
import { counted } from "../../base/counted.ts";
import { SynthesisError } from "../../base/errors.ts";
import { quantile } from "../../base/statistics.ts";
import { clusterSampler } from "../../evaluation/cluster-sampler.ts";
import { stream } from "../../training/random.ts";

/** An instance with the scores of its views. */
export interface ScoredInstance {
  readonly label: string;
  /** Equal for instances that are drawn together, such as those of one real text. Absent: the instance is drawn by itself. */
  readonly cluster?: number | string | undefined;
  /** Cross-entropy of the gold label without any view, in nats: from the other inputs only. */
  readonly withoutView?: number | undefined;
  readonly views: readonly { readonly crossEntropy: number; readonly kept: boolean }[];
}

export interface InformationOptions {
  readonly seed: number;
  /** Resamples of the clusters of instances. */
  readonly samples?: number | undefined;
  /** Of the intervals, e.g. 0.95. */
  readonly confidence?: number | undefined;
}

/** A quantity of information in both units. */
export interface Information {
  readonly nats: number;
  readonly bits: number;
}

export interface InformationInterval extends Information {
  /** Percentile intervals over resampled clusters of instances; an instance's views stay together. */
  readonly interval: { readonly nats: readonly [number, number]; readonly bits: readonly [number, number] };
}

export interface InformationEstimate {
  /** Instances with at least one view; all have equal weight, however many views they have. */
  readonly instances: number;
  readonly views: number;
  readonly labelEntropy: Information;
  /** Mean bias of the plug-in entropy: (labels - 1) / (2 instances). */
  readonly entropyBias: Information;
  readonly crossEntropy: Information;
  /** H(Y) - CE; meaningless below 0. */
  readonly bound: InformationInterval;
  /**
   * Information of the views beyond the other inputs: mean of `withoutView` - CE. Absent unless every
   * instance has `withoutView`.
   */
  readonly gain?: InformationInterval;
}

export interface SelectionInformation {
  readonly before: InformationEstimate;
  /** Absent if nothing was kept. */
  readonly after?: InformationEstimate;
  /** Bound after minus bound before, on the same resamples. */
  readonly difference?: InformationInterval;
  readonly samples: number;
  readonly confidence: number;
  readonly seed: number;
}

/** One side of a selection: mean cross-entropy of each instance's views; NaN for an instance without views. */
interface Side {
  readonly means: Float64Array;
  readonly views: number;
}

interface Figures {
  instances: number;
  entropy: number;
  crossEntropy: number;
  without: number;
}

/**
 * The bounds over all views and over those kept.
 *
 * @throws SynthesisError `synthesis/nothing-to-measure` if no instance has a view,
 * `synthesis/bad-measure-option`
 */
export function selectionInformation(
  instances: readonly ScoredInstance[],
  { seed, samples = 1000, confidence = 0.95 }: InformationOptions,
): SelectionInformation {
  requireOption("samples", samples, Number.isSafeInteger(samples) && samples > 0, "an integer above 0");
  requireOption("confidence", confidence, confidence > 0 && confidence < 1, "between 0 and 1");
  const before = sideOf(instances, () => true);
  const after = sideOf(instances, ({ kept }) => kept);
  if (before.views === 0) throw nothingToMeasure(instances.length);
  const labels = labelNumbers(instances);
  const without = Float64Array.from(instances, ({ withoutView }) => withoutView ?? Number.NaN);
  const measure = (side: Side, drawn?: Uint32Array) => figuresOf(side, labels, without, drawn);
  const hasAfter = after.views > 0;
  const wholes = { before: measure(before), after: hasAfter ? measure(after) : undefined };
  const resampled = { before: [] as Figures[], after: [] as Figures[] };
  const sampler = clusterSampler(instances.length, clusterNumbers(instances));
  for (let sample = 0; sample < samples; sample++) {
    const random = stream(seed, sample, "information");
    const drawn = sampler.draw((below) => random.integer(below));
    resampled.before.push(measure(before, drawn));
    if (hasAfter) resampled.after.push(measure(after, drawn));
  }
  const estimate = (side: Side, whole: Figures, others: readonly Figures[]): InformationEstimate => ({
    instances: whole.instances,
    views: side.views,
    labelEntropy: information(whole.entropy),
    entropyBias: information((labels.size - 1) / (2 * whole.instances)),
    crossEntropy: information(whole.crossEntropy),
    bound: withInterval(boundOf(whole), others.map(boundOf), confidence),
    ...(Number.isNaN(whole.without)
      ? {}
      : { gain: withInterval(gainOf(whole), others.map(gainOf), confidence) }),
  });
  const difference = (a: Figures, b: Figures) => boundOf(b) - boundOf(a);
  return {
    before: estimate(before, wholes.before, resampled.before),
    ...(wholes.after && {
      after: estimate(after, wholes.after, resampled.after),
      difference: withInterval(
        difference(wholes.before, wholes.after),
        resampled.before.map((one, i) => difference(one, resampled.after[i]!)),
        confidence,
      ),
    }),
    samples,
    confidence,
    seed,
  };
}

const boundOf = ({ entropy, crossEntropy }: Figures) => entropy - crossEntropy;
const gainOf = ({ without, crossEntropy }: Figures) => without - crossEntropy;

function sideOf(
  instances: readonly ScoredInstance[],
  counts: (view: ScoredInstance["views"][number]) => boolean,
): Side {
  let total = 0;
  const means = Float64Array.from(instances, ({ views }) => {
    const counted = views.filter(counts);
    total += counted.length;
    return counted.reduce((sum, { crossEntropy }) => sum + crossEntropy, 0) / counted.length; // NaN for none
  });
  return { means, views: total };
}

function labelNumbers(instances: readonly ScoredInstance[]) {
  const numbers = new Map<string, number>();
  const of = Uint32Array.from(instances, ({ label }) => {
    const number = numbers.get(label) ?? numbers.size;
    numbers.set(label, number);
    return number;
  });
  return { of, size: numbers.size };
}

function clusterNumbers(instances: readonly ScoredInstance[]): number[] {
  const numbers = new Map<number | string, number>();
  return instances.map(({ cluster }, i) => {
    if (cluster === undefined) return -1 - i; // by itself
    const number = numbers.get(cluster) ?? numbers.size;
    numbers.set(cluster, number);
    return number;
  });
}

/** Entropies over the drawn instances, or over all; skips instances without a view on this side. */
function figuresOf(
  { means }: Side,
  labels: { readonly of: Uint32Array; readonly size: number },
  without: Float64Array,
  drawn?: Uint32Array,
): Figures {
  const counts = new Uint32Array(labels.size);
  let [instances, crossEntropy, alone] = [0, 0, 0];
  const length = drawn?.length ?? means.length;
  for (let position = 0; position < length; position++) {
    const i = drawn ? drawn[position]! : position;
    const mean = means[i]!;
    if (Number.isNaN(mean)) continue;
    counts[labels.of[i]!]!++;
    crossEntropy += mean;
    alone += without[i]!;
    instances++;
  }
  let entropy = 0;
  for (const count of counts) {
    if (count > 0) entropy -= (count / instances) * Math.log(count / instances);
  }
  return { instances, entropy, crossEntropy: crossEntropy / instances, without: alone / instances };
}

function information(nats: number): Information {
  return { nats, bits: nats / Math.LN2 };
}

function withInterval(nats: number, resampled: readonly number[], confidence: number): InformationInterval {
  const sorted = resampled.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b); // a resample may contain no kept view
  const tail = (1 - confidence) / 2;
  const [low, high] = [quantile(sorted, tail), quantile(sorted, 1 - tail)];
  return {
    ...information(nats),
    interval: { nats: [low, high], bits: [low / Math.LN2, high / Math.LN2] },
  };
}

function requireOption(name: string, value: number, holds: boolean, wanted: string): void {
  if (holds) return;
  throw new SynthesisError({
    code: "synthesis/bad-measure-option",
    message: `${name} must be ${wanted}, got ${value}`,
    place: name,
    value,
    remedy: `Give ${wanted}, or omit it.`,
  });
}

function nothingToMeasure(instances: number): SynthesisError {
  return new SynthesisError({
    code: "synthesis/nothing-to-measure",
    message: `none of ${counted(instances, "instance")} has a scored view`,
    value: instances,
    remedy: "Score views first (relata score-views).",
  });
}
