// Label retention: the share of generated views from which a classifier still predicts the gold label.
import { effectiveSize, wilsonInterval } from "../../evaluation/wilson.ts";

/** A classifier's prediction from a view only. */
export interface ViewPrediction {
  readonly round: number;
  readonly gold: string;
  readonly predicted: string;
  /** Equal for views that depend on each other: those of one instance, or of all instances of one real view. */
  readonly cluster: number;
}

export interface Retention {
  readonly views: number;
  /** Views whose predicted label is the gold one. */
  readonly right: number;
  readonly share: number;
  /**
   * 95 % interval of the share over other instances (Wilson 1927), with as many views as independent ones would have the same sampling error
   * (Kish 1965): the views of one instance are right or wrong together.
   */
  readonly interval: readonly [low: number, high: number];
}

export interface LabelRetention {
  /** Undefined if there are no views. */
  readonly all: Retention | undefined;
  readonly byRound: readonly (Retention & { readonly round: number })[];
  readonly byLabel: readonly (Retention & { readonly label: string })[];
}

/** The shares of correct predictions: overall, by round, and by gold label. */
export function labelRetention(predictions: readonly ViewPrediction[]): LabelRetention {
  const grouped = <Key>(keyOf: (one: ViewPrediction) => Key) => {
    const groups = new Map<Key, ViewPrediction[]>();
    for (const one of predictions) {
      const group = groups.get(keyOf(one)) ?? [];
      groups.set(keyOf(one), group);
      group.push(one);
    }
    return [...groups];
  };
  return {
    all: predictions.length === 0 ? undefined : retentionOf(predictions),
    byRound: grouped(({ round }) => round)
      .sort(([a], [b]) => a - b)
      .map(([round, group]) => ({ round, ...retentionOf(group) })),
    byLabel: grouped(({ gold }) => gold)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([label, group]) => ({ label, ...retentionOf(group) })),
  };
}

function retentionOf(group: readonly ViewPrediction[]): Retention {
  const views = group.length;
  const judged = group.map(({ gold, predicted, cluster }) => ({ right: gold === predicted, cluster }));
  const right = judged.filter((one) => one.right).length;
  return {
    views,
    right,
    share: right / views,
    interval: wilsonInterval(right, views, effectiveSize(judged)),
  };
}
