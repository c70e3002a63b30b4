// How well each feature alone tells each target, and how well the best feature does on permuted labels.
import { type RandomIndex, seededIndex } from "../../evaluation/seeded-random.ts";
import { type Bins, binsOf } from "./bins.ts";
import { countLabels, FOLDS, type Instances, otherFolds, type Power, powersOf } from "./contingency.ts";
import type { Column } from "./feature-store.ts";
import type { Target } from "./targets.ts";
import { WORD_BINS, WordCounts, wordBins } from "./word-table.ts";

/** Permutations that set the bar: the best of this many, and of the data, is the data's by chance in one of a hundred audits. */
export const NULL_PERMUTATIONS = 99;

/** A feature's power on one question of a target. */
export interface FeaturePower extends Power {
  readonly column: number;
  readonly target: number;
}

/** The features and targets of a split, ready for repeated measurement. */
export class Predictability {
  readonly columns: readonly Column[];
  readonly targets: readonly Target[];
  /** Of each slot. */
  readonly folds: Uint8Array;
  readonly #bins: readonly (Bins | undefined)[];
  readonly #words: readonly (WordCounts | undefined)[];
  readonly #groups: readonly (readonly number[][])[];
  readonly #signal: AbortSignal | undefined;

  constructor(
    columns: readonly Column[],
    targets: readonly Target[],
    clusters: readonly number[],
    signal?: AbortSignal,
  ) {
    this.columns = columns;
    this.targets = targets;
    this.folds = foldsOfClusters(clusters);
    this.#bins = columns.map((column) => (column.kind === "words" ? undefined : binsOf(column)));
    this.#words = columns.map((column) =>
      column.kind === "words" ? new WordCounts(column.words) : undefined,
    );
    this.#groups = exchangeable(clusters, targets);
    this.#signal = signal;
  }

  /** Bins of a column of numbers or values; undefined for words. */
  bins(column: number): Bins | undefined {
    return this.#bins[column];
  }

  /** Labels as instances; `from` says whose labels each document has. */
  instances(target: number, from?: Uint32Array): Instances {
    const { of, labels } = this.targets[target]!; // an index of targets
    const count = of.reduce((sum, own) => sum + own.length, 0);
    const slot = new Uint32Array(count);
    const label = new Uint16Array(count);
    const fold = new Uint8Array(count);
    let at = 0;
    for (let i = 0; i < of.length; i++) {
      for (const own of of[from?.[i] ?? i]!) {
        slot[at] = i;
        label[at] = own;
        fold[at] = this.folds[i]!;
        at++;
      }
    }
    return { labels: labels.length, count, slot, label, fold };
  }

  /** The power of every feature on every question, of the data or of permuted labels. */
  measure(from?: Uint32Array): FeaturePower[] {
    return this.targets.flatMap((_, target) => {
      const instances = this.instances(target, from);
      return this.columns.flatMap((_, column) =>
        this.#powers(column, instances).map((power) => ({ ...power, column, target })),
      );
    });
  }

  #powers(column: number, instances: Instances): Power[] {
    this.#signal?.throwIfAborted();
    const bins = this.#bins[column];
    if (bins !== undefined) {
      const held = countLabels(instances, bins.of, bins.names.length);
      return powersOf(otherFolds(held), held, instances.labels);
    }
    const tables = Array.from({ length: FOLDS }, (_, fold) => {
      const held = countLabels(instances, this.wordBins(column, instances, fold).of, WORD_BINS);
      return { training: otherFolds(held)[fold]!, held: held[fold]! };
    });
    return powersOf(
      tables.map(({ training }) => training),
      tables.map(({ held }) => held),
      instances.labels,
    );
  }

  /** The words of a column that tell most about the labels outside a fold; fold -1: in all instances. */
  words(column: number, instances: Instances, fold: number): number[] {
    return this.#words[column]?.best(instances, fold) ?? [];
  }

  /** The bins of a column of words, made of these words. */
  wordBins(column: number, instances: Instances, fold: number) {
    return wordBins(this.#words[column]?.words ?? [], this.words(column, instances, fold));
  }

  /** Labels dealt out again: the labels of whole clusters change places with those of clusters of the same make. */
  permute(random: RandomIndex): Uint32Array {
    const from = Uint32Array.from(this.folds, (_, i) => i);
    for (const clusters of this.#groups) {
      const order = clusters.map((_, i) => i);
      for (let i = order.length - 1; i > 0; i--) {
        const j = random(i + 1);
        [order[i], order[j]] = [order[j]!, order[i]!];
      }
      for (const [i, slots] of clusters.entries())
        for (const [k, slot] of slots.entries()) from[slot] = clusters[order[i]!]![k]!;
    }
    return from;
  }

  /** The best score of any feature on each of several permutations, among those of at least a strength. */
  nullScores(
    {
      count,
      seed,
      strength = 0,
    }: { readonly count: number; readonly seed: number; readonly strength?: number },
    onProgress?: (done: number) => void,
  ): number[] {
    const random = seededIndex(seed);
    return Array.from({ length: count }, (_, i) => {
      onProgress?.(i);
      const powers = this.measure(this.permute(random)).filter((power) => power.strength >= strength);
      return powers.reduce((best, { score }) => Math.max(best, score), 0);
    });
  }
}

/** Folds of about equal size that keep clusters together, in an order that has nothing to do with the file's. */
function foldsOfClusters(clusters: readonly number[]): Uint8Array {
  const random = seededIndex(17);
  const fold = new Map<number, number>();
  for (const cluster of clusters) if (!fold.has(cluster)) fold.set(cluster, random(FOLDS));
  return Uint8Array.from(clusters, (cluster) => fold.get(cluster)!);
}

/** Clusters whose documents have equally many labels of each target: their labels can change places. */
function exchangeable(clusters: readonly number[], targets: readonly Target[]): number[][][] {
  const members = new Map<number, number[]>();
  for (const [slot, cluster] of clusters.entries()) {
    const known = members.get(cluster);
    if (known === undefined) members.set(cluster, [slot]);
    else known.push(slot);
  }
  const groups = new Map<string, number[][]>();
  for (const slots of members.values()) {
    const make = slots.map((slot) => targets.map(({ of }) => of[slot]?.length ?? 0).join(" ")).join("\n");
    const known = groups.get(make);
    if (known === undefined) groups.set(make, [slots]);
    else known.push(slots);
  }
  return [...groups.values()];
}
