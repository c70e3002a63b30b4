// Semantic drift: the distance of views from the start of their chain, by step.
import { notANumber } from "./eigenvalues.ts";
import { Moments, type Summary } from "./moments.ts";

/**
 * 1 - cosine: 0 for one direction, 1 for unrelated ones, 2 for opposite ones. A zero vector is unrelated to
 * all.
 *
 * @throws SynthesisError `synthesis/not-a-number` for an embedding with NaN or infinities
 */
export function cosineDistance(a: Float32Array, b: Float32Array): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    dot += a[i]! * b[i]!;
    aa += a[i]! * a[i]!;
    bb += b[i]! * b[i]!;
  }
  if (!Number.isFinite(aa) || !Number.isFinite(bb)) throw notANumber("an embedding");
  if (aa === 0 || bb === 0) return 1;
  return Math.min(2, Math.max(0, 1 - dot / Math.sqrt(aa * bb))); // rounding may exceed the bounds
}

/** Distances of the views of one step. */
export interface DriftStep extends Summary {
  readonly step: number;
  /** Round of the chain that the step belongs to. */
  readonly round: number;
}

/** Collects distances between origins and views by step. */
export class SemanticDrift {
  readonly #steps = new Map<number, Moments>();

  /** @param step call of the chain, 1 for the first */
  add(step: number, origin: Float32Array, view: Float32Array): void {
    const moments = this.#steps.get(step) ?? new Moments();
    this.#steps.set(step, moments);
    moments.add(cosineDistance(origin, view));
  }

  /** Steps in order. */
  steps(): readonly DriftStep[] {
    return [...this.#steps]
      .sort(([a], [b]) => a - b)
      .map(([step, moments]) => ({ step, round: Math.ceil(step / 2), ...moments.summary() }));
  }
}
