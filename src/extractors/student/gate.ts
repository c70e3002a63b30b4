// Whether there is anything to select: what an example's views tell about its label beyond the views of other examples, to teachers that
// choose nothing.
import { quantile } from "../../base/statistics.ts";
import { clusterSampler } from "../../evaluation/cluster-sampler.ts";
import { stream } from "../../training/random.ts";
import type { ScoreRow } from "./scores-file.ts";

/** What a gate measured and decided. */
export interface Gate {
  /** What the gain must exceed, in nats. */
  readonly marginNats: number;
  /** Mean over the examples of the label's cross-entropy with others' views minus that with their own; absent if no view was exchanged. */
  readonly gainNats?: number;
  /** 95 % interval over other texts or pictures. */
  readonly gainInterval?: readonly [low: number, high: number];
  readonly examples: number;
  /** Whether the interval is above the margin: only then is selected. */
  readonly open: boolean;
}

export interface GateOptions {
  readonly margin: number;
  readonly seed: number;
  /** Equal for examples of documents that share a text or a picture. */
  readonly clusterOf: (example: string) => number;
}

const RESAMPLES = 1000;
const TAIL = 0.025; // of a 95 % interval, on each side

/**
 * Compares how teachers read the examples' own views and those of other examples. A view that tells nothing about its example is worth no more
 * than another's, however much a selection by the label finds in it.
 *
 * @param own rows of teachers that did not choose, with the examples' own views
 * @param shuffled rows of the same teachers, with other examples' views
 */
export function gateOf(
  own: readonly ScoreRow[],
  shuffled: readonly ScoreRow[],
  { margin, seed, clusterOf }: GateOptions,
): Gate {
  const others = new Map(shuffled.map((row) => [row.example, meanOf(row)]));
  const gains = own.flatMap((row) => {
    const [with_, other] = [meanOf(row), others.get(row.example)];
    return with_ === undefined || other === undefined
      ? []
      : [{ gain: other - with_, cluster: clusterOf(row.example) }];
  });
  const examples = gains.length;
  if (examples === 0) return { marginNats: margin, examples, open: false };
  const sampler = clusterSampler(
    examples,
    gains.map(({ cluster }) => cluster),
  );
  const means = Array.from({ length: RESAMPLES }, (_, sample) => {
    const random = stream(seed, sample, "gate");
    const drawn = sampler.draw((below) => random.integer(below));
    return drawn.reduce((sum, i) => sum + gains[i]!.gain, 0) / drawn.length;
  }).sort((a, b) => a - b);
  const [low, high] = [quantile(means, TAIL), quantile(means, 1 - TAIL)];
  const gainNats = gains.reduce((sum, { gain }) => sum + gain, 0) / examples;
  return { marginNats: margin, gainNats, gainInterval: [low, high], examples, open: low > margin };
}

/** Mean cross-entropy of the label over an example's views after the last epoch; undefined without a view. */
function meanOf({ views }: ScoreRow): number | undefined {
  if (views.length === 0) return undefined;
  return views.reduce((sum, { crossEntropy }) => sum + crossEntropy.at(-1)!, 0) / views.length; // every epoch has a score
}
