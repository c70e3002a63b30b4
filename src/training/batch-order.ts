// Orders the examples of an epoch, from which batches are cut: at random, or by groups such as labels, so that batches are alike or mixed.
import type { RandomStream } from "./random.ts";

/**
 * How batches are put together. "random": whatever the groups are. "homogeneous": one group after the other, so that the examples of a batch
 * belong to one group; where a group ends, a batch holds two or more. "stratified": every batch has the groups in the proportions of all
 * examples.
 */
export type BatchComposition = "random" | "homogeneous" | "stratified";

/** What an order depends on. */
export interface OrderRequest {
  /** All examples in random order. */
  readonly shuffled: readonly number[];
  readonly lengthOf: (index: number) => number;
  /** Examples are sorted by length within pools of this many. */
  readonly pool: number;
  /** The group of every example, by its index; not needed for a random order. */
  readonly groupOf: (index: number) => number;
  /** Places of groups are drawn from here. */
  readonly draws: RandomStream;
}

/** The examples in the order in which batches are cut; neighbours have similar lengths. */
export function orderExamples(composition: BatchComposition, request: OrderRequest): number[] {
  switch (composition) {
    case "random":
      return sortedPools(request.shuffled, request);
    case "homogeneous":
      return groupByGroup(request).flatMap((members) => sortedPools(members, request));
    case "stratified":
      return inChunks(interleaved(request.shuffled, request), request.pool).flatMap((part, i) =>
        interleaved(byLength(part, request.lengthOf, directionOf(i)), request),
      );
    default:
      return composition satisfies never;
  }
}

/**
 * Sorts each pool by length; every second pool in descending order, so that a batch across the border
 * of two pools also has similar lengths.
 */
function sortedPools(order: readonly number[], { pool, lengthOf }: OrderRequest): number[] {
  return inChunks(order, pool).flatMap((part, i) => byLength(part, lengthOf, directionOf(i)));
}

const directionOf = (pool: number): number => (pool % 2 === 0 ? 1 : -1);

function byLength(
  part: readonly number[],
  lengthOf: (index: number) => number,
  direction: number,
): readonly number[] {
  return [...part].sort((a, b) => direction * (lengthOf(a) - lengthOf(b)));
}

/** The members of each group in the given order; the groups in random order. */
function groupByGroup({ shuffled, groupOf, draws }: OrderRequest): number[][] {
  const groups = membersOf(shuffled, groupOf);
  return Array.from(draws.permutation(groups.length), (i) => groups[i]!); // a permutation of its indices
}

/**
 * Spreads every group evenly over the order, from a random start: the k-th of n members stands at (k + start) / n. So any run of examples
 * holds each group's share of it, give or take one.
 */
function interleaved(order: readonly number[], { groupOf, draws }: OrderRequest): number[] {
  const placed = membersOf(order, groupOf).flatMap((members) => {
    const start = draws.uniform();
    return members.map((index, k) => ({ index, place: (k + start) / members.length }));
  });
  return placed.sort((a, b) => a.place - b.place).map(({ index }) => index);
}

/** The members of each group, in the given order; groups by number. */
function membersOf(order: readonly number[], groupOf: (index: number) => number): number[][] {
  const groups = new Map<number, number[]>();
  for (const index of order) {
    const group = groupOf(index);
    const members = groups.get(group);
    if (members === undefined) groups.set(group, [index]);
    else members.push(index);
  }
  return [...groups].sort(([a], [b]) => a - b).map(([, members]) => members);
}

function inChunks(order: readonly number[], size: number): (readonly number[])[] {
  return Array.from({ length: Math.ceil(order.length / size) }, (_, i) =>
    order.slice(i * size, (i + 1) * size),
  );
}

/** Entropy of the groups of some examples, in nats. */
export function groupEntropy(members: readonly number[], groupOf: (index: number) => number): number {
  return membersOf(members, groupOf).reduce((sum, { length }) => {
    const share = length / members.length;
    return sum - share * Math.log(share);
  }, 0);
}
