// The modality gap of an experiment's rows: means over the seeds, of the evaluations that measured it.

import type { EvaluationResult, MeasuredGap } from "./evaluation-result.ts";
import { type TInterval, tInterval } from "./t-interval.ts";

/** One reading of the pictures. */
export interface GapSummary {
  /** KL divergence of shuffled pairs less that of matched ones, in nats. */
  readonly divergenceAdvantage: TInterval;
  readonly matchedDivergence: TInterval;
  /** Cosine of matched pairs less that of shuffled ones. */
  readonly cosineAdvantage: TInterval;
  /** Distance of the modalities' means. */
  readonly centroids: TInterval;
  /** Relative rank of the own picture; 0.5 by chance. */
  readonly relativeRank: TInterval;
}

/** A row's gaps, with intervals over other seeds. */
export interface GapRow {
  /** The model's own reading; absent without the semantic loss. */
  readonly trained?: GapSummary;
  /** The best linear reading. */
  readonly fitted: GapSummary;
}

/** Undefined if no evaluation measured the gap. */
export function gapRowOf(results: Iterable<EvaluationResult>): GapRow | undefined {
  const gaps = [...results].flatMap((result) =>
    "modalityGap" in result && result.modalityGap !== undefined ? [result.modalityGap] : [],
  );
  if (gaps.length === 0) return undefined;
  const trained = gaps.flatMap((gap) => gap.trained ?? []);
  return {
    ...(trained.length === 0 ? {} : { trained: summaryOf(trained) }),
    fitted: summaryOf(gaps.map(({ fitted }) => fitted)),
  };
}

function summaryOf(gaps: readonly MeasuredGap[]): GapSummary {
  const over = (of: (gap: MeasuredGap) => number) => tInterval(gaps.map(of));
  return {
    divergenceAdvantage: over(({ divergence }) => divergence.advantage.mean),
    matchedDivergence: over(({ divergence }) => divergence.matched.mean),
    cosineAdvantage: over(({ cosine }) => cosine.advantage.mean),
    centroids: over(({ centroids }) => centroids.mean),
    relativeRank: over(({ retrieval }) => retrieval.relativeRank.mean),
  };
}
