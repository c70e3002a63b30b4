// Label retention: the share of generated views from which a classifier still predicts the gold label.

/** A classifier's prediction from a view only. */
export interface ViewPrediction {
  readonly round: number;
  readonly gold: string;
  readonly predicted: string;
}

export interface Retention {
  readonly views: number;
  /** Views whose predicted label is the gold one. */
  readonly right: number;
  readonly share: number;
  /** 95 % interval of the share (Wilson 1927), as if views were independent. */
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

const Z = 1.959963984540054; // the normal distribution's 97.5 % quantile

function retentionOf(group: readonly ViewPrediction[]): Retention {
  const views = group.length;
  const right = group.filter(({ gold, predicted }) => gold === predicted).length;
  const share = right / views;
  const middle = (share + (Z * Z) / (2 * views)) / (1 + (Z * Z) / views);
  const reach =
    (Z / (1 + (Z * Z) / views)) * Math.sqrt((share * (1 - share)) / views + (Z * Z) / (4 * views * views));
  return { views, right, share, interval: [Math.max(0, middle - reach), Math.min(1, middle + reach)] };
}
