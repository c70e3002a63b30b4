// Applies type constraints to class scores: a label that never joined two types cannot be the answer for them.
import type { LabelSet } from "../../data/labels.ts";
import type { TypeConstraints } from "./type-constraints.ts";

/** By label index: whether the label is a possible answer. */
export type LabelMask = readonly boolean[];

/** Finite, so that sums over masked scores are finite, and far below any score at any temperature. */
const MASKED = -1e30;

/** Builds the masks of a model's labels under type constraints. */
export class LabelMasks {
  readonly #constraints: TypeConstraints;
  readonly #labels: LabelSet;
  readonly #known = new Map<ReadonlySet<string>, LabelMask | undefined>();

  constructor(constraints: TypeConstraints, labels: LabelSet) {
    this.#constraints = constraints;
    this.#labels = labels;
  }

  /** Undefined if nothing is ruled out: the types are unknown, or no label would remain. "None" always remains. */
  of(head: string, tail: string): LabelMask | undefined {
    const allowed = this.#constraints.labelsOf(head, tail);
    if (allowed === undefined) return undefined;
    if (!this.#known.has(allowed)) {
      const mask = this.#labels.labels.map((label, i) => i === this.#labels.noneIndex || allowed.has(label));
      this.#known.set(allowed, mask.every(Boolean) || !mask.some(Boolean) ? undefined : mask);
    }
    return this.#known.get(allowed);
  }
}

/** Returns the scores with impossible labels pushed far down; their softmax, divided by the temperature, gives the probabilities. */
export function maskedScores(scores: Float32Array, mask: LabelMask | undefined): Float32Array {
  return mask === undefined ? scores : scores.map((score, i) => (mask[i] === true ? score : MASKED));
}

/** Tells whether a score, masked or not, belongs to a possible label. */
export const isPossible = (score: number): boolean => score > MASKED / 2;
