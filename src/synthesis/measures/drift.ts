// Semantic drift: the distance of views from the start of their chain, by step.
import { ClusteredMean, type Estimate } from "./clustered-mean.ts";
import { notANumber } from "./eigenvalues.ts";

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

/** Distances of the views of one step from their origin. */
export interface DriftStep extends Estimate {
  readonly step: number;
  /** Round of the chain that the step belongs to. */
  readonly round: number;
  /** The same views' distances from the origins of other instances, drawn at random: where nothing is left of the origin. */
  readonly unrelated?: Estimate;
  /** How much nearer a view is to its own origin than to an unrelated one; around 0, nothing is left of it. */
  readonly nearer?: Estimate;
}

/** A view with its origin and, as a control, an unrelated one. */
export interface DriftPair {
  /** Call of the chain, 1 for the first. */
  readonly step: number;
  /** Equal for views that depend on each other. */
  readonly cluster: string;
  readonly view: Float32Array;
  readonly origin: Float32Array;
  readonly unrelated: Float32Array | undefined;
}

/** Collects distances between origins and views by step. */
export class SemanticDrift {
  readonly #steps = new Map<number, DriftMeans>();

  add({ step, cluster, view, origin, unrelated }: DriftPair): void {
    const means = this.#steps.get(step) ?? new DriftMeans();
    this.#steps.set(step, means);
    const distance = cosineDistance(origin, view);
    means.distance.add(cluster, distance);
    if (unrelated === undefined) return;
    const control = cosineDistance(unrelated, view);
    means.unrelated.add(cluster, control);
    means.nearer.add(cluster, control - distance);
  }

  /** Steps in order. */
  steps(): readonly DriftStep[] {
    return [...this.#steps]
      .sort(([a], [b]) => a - b)
      .map(([step, { distance, unrelated, nearer }]) => ({
        step,
        round: Math.ceil(step / 2),
        ...distance.result(),
        ...(unrelated.count === 0 ? {} : { unrelated: unrelated.result(), nearer: nearer.result() }),
      }));
  }
}

class DriftMeans {
  readonly distance = new ClusteredMean();
  readonly unrelated = new ClusteredMean();
  readonly nearer = new ClusteredMean();
}
