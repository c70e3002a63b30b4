// Tests whether a row differs from the reference by more than chance: the paired bootstrap over documents, and Holm's correction for many rows.
import { type BootstrapResult, pairedBootstrap } from "../evaluation/bootstrap.ts";
import { meanStatistic, type Outcomes, statisticOf } from "./outcomes.ts";

/** The runs of one row: for every seed, the correct answers in each document. */
export interface RowOutcomes {
  readonly runs: readonly Outcomes[];
  /** Number of classes in a macro mean; absent for other scores. */
  readonly classes?: number | undefined;
}

/** How far a row is from its reference, and whether that could be chance. */
export interface Comparison {
  /** Row minus reference, each as the mean over its seeds. */
  readonly difference: number;
  /** 95 % percentile interval of the difference. */
  readonly interval: readonly [number, number];
  /** Two-sided. */
  readonly pValue: number;
  /** After Holm's correction for the other comparisons of its family: on the same evaluation set, and in sweeps of the same field. */
  readonly adjustedPValue: number;
  /** Documents for which both have scores. */
  readonly documents: number;
  /** Groups of them that are drawn together: those that share a text or a picture. */
  readonly clusters: number;
  readonly samples: number;
}

/**
 * Compares a row with its reference on the documents for which both have scores. Draws clusters of documents, not instances, since what
 * shares a text or a picture is not independent; in every draw each side's score is the mean over its seeds. Training seeds are not drawn: the
 * question is how these runs would score on other documents.
 */
export function compareRows(
  reference: RowOutcomes,
  row: RowOutcomes,
  options: {
    readonly seed: number;
    readonly samples: number;
    /** By document id: a number that is equal for documents drawn together. */
    readonly clusters: ReadonlyMap<string, number>;
  },
): Omit<Comparison, "adjustedPValue"> | undefined {
  const all = [...reference.runs, ...row.runs];
  const [first, ...others] = all;
  if (first === undefined || reference.runs.length === 0 || row.runs.length === 0) return undefined;
  const documents = [...first.keys()].filter((id) => others.every((outcomes) => outcomes.has(id)));
  if (documents.length === 0) return undefined;
  const statistic = ({ runs, classes }: RowOutcomes) =>
    meanStatistic(runs.map((outcomes) => statisticOf(outcomes, documents, classes)));
  const result: BootstrapResult = pairedBootstrap(
    documents.length,
    statistic(reference),
    statistic(row),
    { ...options, clusters: documents.map((id) => options.clusters.get(id)!) }, // every scored document is a gold one
  );
  const { difference, interval, pValue, samples, clusters } = result;
  return { difference, interval, pValue, samples, documents: documents.length, clusters };
}

/**
 * Holm's step-down correction (Holm 1979): with the p-values ascending, the i-th of m (from 0) times m - i, never below the previous one,
 * at most 1. It bounds the family-wise error rate without assumptions on how the tests depend on each other.
 */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((p, i) => ({ p, i })).sort((a, b) => a.p - b.p);
  const adjusted = new Array<number>(pValues.length);
  let least = 0;
  for (const [rank, { p, i }] of order.entries()) {
    least = Math.max(least, Math.min(1, p * (pValues.length - rank)));
    adjusted[i] = least;
  }
  return adjusted;
}
