// The plans of a run's epochs: the batches of each, and how many optimiser steps they make.
import { type BatchingOptions, type EpochPlan, planEpoch } from "./batching.ts";
import type { ResolvedOptions } from "./options.ts";

/** Plans epochs on demand and remembers the last one. */
export class EpochPlans {
  readonly #lengths: readonly number[];
  readonly #groups: readonly number[] | undefined;
  readonly #batching: BatchingOptions;
  readonly #seed: number;
  #last: { readonly epoch: number; readonly plan: EpochPlan } | undefined;

  /**
   * @param lengths tokens of every example
   * @param groups number of every example's group, if there are groups
   */
  constructor(
    lengths: readonly number[],
    { batching, seed }: Pick<ResolvedOptions, "batching" | "seed">,
    groups?: readonly number[],
  ) {
    this.#lengths = lengths;
    this.#groups = groups;
    this.#batching = batching;
    this.#seed = seed;
  }

  of(epoch: number): EpochPlan {
    if (this.#last?.epoch !== epoch) {
      const plan = planEpoch(this.#lengths, this.#batching, { seed: this.#seed, epoch }, this.#groups);
      this.#last = { epoch, plan };
    }
    return this.#last.plan;
  }

  /** Optimiser steps of an epoch. */
  stepsOf(epoch: number, accumulation: number): number {
    return Math.ceil(this.of(epoch).batches.length / accumulation);
  }

  /** Optimiser steps of the whole run; with a token budget the epochs differ, so every epoch is planned. */
  stepsOfRun({ epochs, maxSteps = Number.POSITIVE_INFINITY, accumulation }: ResolvedOptions): number {
    if (epochs === undefined) return maxSteps;
    let steps = 0;
    for (let epoch = 0; epoch < epochs && steps < maxSteps; epoch++) {
      steps += this.stepsOf(epoch, accumulation);
    }
    return Math.min(steps, maxSteps);
  }
}
