// The mean of a stream of numbers with an interval that allows for dependent ones, in constant memory.
import { Moments, type Summary } from "./moments.ts";

/** Groups that clusters fall into by their key; each has a sum and a count. */
const GROUPS = 1024;
/** Two-sided 95 % of the normal distribution. */
const Z = 1.959964;

export interface Estimate extends Summary {
  /** 95 % interval of the mean over other clusters; undefined with fewer than two groups of them. */
  readonly interval: readonly [low: number, high: number] | undefined;
}

/**
 * A mean over numbers of which those of one cluster depend on each other. Clusters are put at random into at most 1,024 groups, which are then
 * independent of each other, and the mean is a ratio of sums over the groups (random groups; Wolter 2007, chapter 2; linearised variance).
 */
export class ClusteredMean {
  readonly #moments = new Moments();
  readonly #sums = new Float64Array(GROUPS);
  readonly #counts = new Float64Array(GROUPS);

  /** @param cluster equal for numbers that depend on each other, such as the hash of a real view */
  add(cluster: string, value: number): void {
    const group = groupOf(cluster);
    this.#sums[group]! += value;
    this.#counts[group]! += 1;
    this.#moments.add(value);
  }

  get count(): number {
    return this.#moments.summary().count;
  }

  result(): Estimate {
    const summary = this.#moments.summary();
    const groups = this.#counts.reduce((sum, count) => sum + Math.min(count, 1), 0);
    if (groups < 2) return { ...summary, interval: undefined };
    const { mean, count } = summary;
    let squares = 0;
    for (let i = 0; i < GROUPS; i++) squares += (this.#sums[i]! - mean * this.#counts[i]!) ** 2;
    const error = Math.sqrt((groups / (groups - 1)) * squares) / count;
    return { ...summary, interval: [mean - Z * error, mean + Z * error] };
  }
}

/** FNV-1a over the key's code units: equal keys always share a group. */
function groupOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 15)) & (GROUPS - 1);
}
