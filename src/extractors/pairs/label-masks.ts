// Class scores under type constraints: a label that never joined two types is not a possible answer between them.
import type { LabelSet } from "../../data/labels.ts";
import type { TypeConstraints } from "./type-constraints.ts";

/** By label index: whether the label is a possible answer. */
export type LabelMask = readonly boolean[];

/** Finite, so that sums over masked scores stay finite, and far below any score at any temperature. */
const MASKED = -1e30;

/** The masks of a model's labels under type constraints. */
export class LabelMasks {
  readonly #constraints: TypeConstraints;
  readonly #labels: LabelSet;
  readonly #known = new Map<ReadonlySet<string>, LabelMask | undefined>();

  constructor(constraints: TypeConstraints, labels: LabelSet) {
    this.#constraints = constraints;
    this.#labels = labels;
  }

  /** Undefined where nothing is ruled out: types that nothing is known of, or no label would be left. "None" always stays. */
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

/** The scores with impossible labels out of reach; probabilities are the softmax of these, divided by the temperature. */
export function maskedScores(scores: Float32Array, mask: LabelMask | undefined): Float32Array {
  return mask === undefined ? scores : scores.map((score, i) => (mask[i] === true ? score : MASKED));
}

/** Whether a score, masked or not, is that of a label that can be. */
export const isPossible = (score: number): boolean => score > MASKED / 2;
