// Which documents to ask about next: the least certain ones, spread over the pool, one of each group of near duplicates.
import { type RandomIndex, seededIndex } from "../evaluation/seeded-random.ts";

/** What a batch is chosen by. `permuted` is a control: the uncertainties of other documents, drawn at random. */
export const CHOICES = ["both", "uncertainty", "diversity", "random", "permuted"] as const;

/** How documents are chosen. */
export type Choice = (typeof CHOICES)[number];

/** Unit vectors of some candidates [rows, width], one after the other. */
export interface Vectors {
  readonly data: Float32Array;
  readonly width: number;
}

/** The documents to choose from. */
export interface Candidates {
  readonly count: number;
  /** From 0, sure, to 1, for each; undefined before there is a model. */
  readonly uncertainty: readonly number[] | undefined;
  /** Vectors of the candidates to spread over; only called where diversity counts. */
  vectorsOf(indices: readonly number[]): Promise<Vectors>;
}

/** How many times as many uncertain documents as are asked about are spread over: enough to avoid repetition, few enough to stay uncertain. */
export const SHORTLIST = 4;

/**
 * Chooses up to `size` candidates, in the order of choice.
 *
 * `both` takes the 4 x `size` least certain and spreads over them: each next one with a probability proportional to its uncertainty times its
 * squared distance to the nearest one chosen before, the seeding of k-means++ (Arthur and Vassilvitskii, 2007). `diversity`, and every choice
 * without a model, spreads over all candidates in the same way. The same seed chooses the same documents.
 *
 * @returns indices of candidates
 */
export async function chooseBatch(
  { count, uncertainty, vectorsOf }: Candidates,
  size: number,
  by: Choice,
  seed: number,
): Promise<number[]> {
  const random = seededIndex(seed);
  const all = Array.from({ length: count }, (_, i) => i);
  if (by === "random") return shuffled(all, random).slice(0, size);
  if (by === "diversity" || uncertainty === undefined) {
    const mixed = shuffled(all, random); // the first one is drawn
    return spread(mixed, () => 1, await vectorsOf(mixed), { size, random });
  }
  if (by === "permuted") {
    const others = shuffled(all, random);
    const moved = all.map((i) => uncertainty[others[i]!]!); // a permutation of all
    return leastCertain(all, moved).slice(0, size);
  }
  const ordered = leastCertain(all, uncertainty);
  if (by === "uncertainty") return ordered.slice(0, size);
  const among = ordered.slice(0, SHORTLIST * size);
  return spread(among, (i) => uncertainty[i]!, await vectorsOf(among), { size, random });
}

/** The least certain first; the earlier one of two that are equally so. */
function leastCertain(indices: readonly number[], uncertainty: readonly number[]): number[] {
  return [...indices].sort((a, b) => uncertainty[b]! - uncertainty[a]! || a - b);
}

function shuffled(values: readonly number[], random: RandomIndex): number[] {
  const order = [...values];
  for (let i = order.length - 1; i > 0; i--) {
    const j = random(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

const DRAWS = 2 ** 32;

/**
 * k-means++ seeding with weights over candidates `among`, whose vectors are in the same order; begins with the first.
 *
 * @returns the chosen candidates
 */
function spread(
  among: readonly number[],
  weightOf: (candidate: number) => number,
  vectors: Vectors,
  { size, random }: { readonly size: number; readonly random: RandomIndex },
): number[] {
  const weights = among.map(weightOf);
  const nearest = among.map(() => Number.POSITIVE_INFINITY);
  const left = new Set(among.keys());
  const chosen: number[] = [];
  let next: number | undefined = among.length > 0 ? 0 : undefined;
  while (next !== undefined && chosen.length < size) {
    chosen.push(among[next]!);
    left.delete(next);
    let total = 0;
    for (const row of left) {
      nearest[row] = Math.min(nearest[row]!, squaredDistance(vectors, row, next));
      total += weights[row]! * nearest[row]!;
    }
    next = drawn(left, (row) => weights[row]! * nearest[row]!, (random(DRAWS) / DRAWS) * total);
  }
  return chosen;
}

/** The row at a point of the summed weights; the first that is left if all weights are 0. */
function drawn(left: ReadonlySet<number>, weightOf: (row: number) => number, point: number) {
  let before = 0;
  let last: number | undefined;
  for (const row of left) {
    last ??= row;
    const weight = weightOf(row);
    if (weight === 0) continue;
    before += weight;
    last = row;
    if (before > point) return row;
  }
  return last;
}

function squaredDistance({ data, width }: Vectors, a: number, b: number): number {
  let sum = 0;
  for (let i = 0; i < width; i++) {
    const difference = data[a * width + i]! - data[b * width + i]!;
    sum += difference * difference;
  }
  return sum;
}
