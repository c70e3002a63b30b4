// How much the shares of labels differ between two splits, against what chance makes of them if documents were dealt at random.
import { type RandomStream, stream } from "../../training/random.ts";

/** Documents with the same labels, in both splits. */
export interface Combination {
  readonly labels: readonly string[];
  readonly first: number;
  readonly second: number;
}

export interface Drift {
  /** Half of the sum of the differences of shares (total variation), from 0 to 1. */
  readonly distance: number;
  /** The mean distance of random deals of the same documents. */
  readonly byChance: number;
  /** Share of random deals with at least this distance. */
  readonly pValue: number;
  /** The label whose shares differ most. */
  readonly label: string;
  readonly shares: readonly [first: number, second: number];
}

const DEALS = 500;

/**
 * Compares the splits. Whole documents are dealt, because the labels of one document depend on each other: the number of a combination in the
 * first split is drawn from the binomial distribution with the split's share of all documents.
 */
export function driftOf(combinations: readonly Combination[], seed: number): Drift {
  const labels = [...new Set(combinations.flatMap((one) => one.labels))];
  const index = new Map(labels.map((label, i) => [label, i]));
  const rows = combinations.map(({ labels: own, first, second }) => ({
    at: own.map((label) => index.get(label) ?? 0),
    first,
    all: first + second,
  }));
  const documents = rows.reduce((sum, { all }) => sum + all, 0);
  const share = rows.reduce((sum, { first }) => sum + first, 0) / documents;
  const observed = sharesOf(rows, labels.length, ({ first }) => first);
  const distance = distanceOf(observed);
  const draws = stream(seed, 0, "audit/label-drift");
  let [atLeast, sum] = [0, 0];
  for (let deal = 0; deal < DEALS; deal++) {
    const dealt = distanceOf(sharesOf(rows, labels.length, ({ all }) => binomial(all, share, draws)));
    sum += dealt;
    if (dealt >= distance) atLeast++;
  }
  const differences = labels.map((_, i) => Math.abs((observed[0][i] ?? 0) - (observed[1][i] ?? 0)));
  const most = differences.indexOf(Math.max(...differences));
  return {
    distance,
    byChance: sum / DEALS,
    pValue: (atLeast + 1) / (DEALS + 1),
    label: labels[most] ?? "",
    shares: [observed[0][most] ?? 0, observed[1][most] ?? 0],
  };
}

type Row = { readonly at: readonly number[]; readonly first: number; readonly all: number };
type Shares = readonly [first: Float64Array, second: Float64Array];

function sharesOf(rows: readonly Row[], labels: number, inFirst: (row: Row) => number): Shares {
  const [first, second] = [new Float64Array(labels), new Float64Array(labels)];
  let [firstTotal, secondTotal] = [0, 0];
  for (const row of rows) {
    const own = inFirst(row);
    for (const at of row.at) {
      first[at] = (first[at] ?? 0) + own;
      second[at] = (second[at] ?? 0) + row.all - own;
    }
    firstTotal += own * row.at.length;
    secondTotal += (row.all - own) * row.at.length;
  }
  return [
    first.map((count) => count / Math.max(1, firstTotal)),
    second.map((count) => count / Math.max(1, secondTotal)),
  ];
}

function distanceOf([first, second]: Shares): number {
  let sum = 0;
  for (const [i, share] of first.entries()) sum += Math.abs(share - (second[i] ?? 0));
  return sum / 2;
}

const SMALL = 30; // above, the normal approximation is close enough for 500 deals

function binomial(n: number, p: number, draws: RandomStream): number {
  if (n <= SMALL) {
    let hits = 0;
    for (let i = 0; i < n; i++) if (draws.uniform() < p) hits++;
    return hits;
  }
  const drawn = Math.round(n * p + Math.sqrt(n * p * (1 - p)) * draws.normal());
  return Math.min(n, Math.max(0, drawn));
}
