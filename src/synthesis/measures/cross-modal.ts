// Similarity of texts and pictures in a joint space: a view against the real one, and against what it was made from.

import { ClusteredMean, type Estimate } from "./clustered-mean.ts";
import { cosineDistance } from "./drift.ts";

/** What a view is compared with: the real view, or the view that it was generated from. */
export type CrossOrigin = "real" | "parent";

/** Cosines of the views of one step with a view of the other modality. */
export interface CrossModalStep extends Estimate {
  readonly kind: "picture" | "text";
  readonly origin: CrossOrigin;
  readonly step: number;
  readonly round: number;
  /** Cosines of the same views with the origins of other instances, drawn at random. */
  readonly unrelated?: Estimate;
  /** How much more similar a view is to its own origin; around 0, they have nothing to do with each other. */
  readonly above?: Estimate;
}

export interface CrossModalPair extends Pick<CrossModalStep, "kind" | "origin" | "step"> {
  readonly cluster: string;
  readonly view: Float32Array;
  readonly other: Float32Array;
  readonly unrelated: Float32Array | undefined;
}

/** Collects cosines between modalities by step. */
export class CrossModalSimilarity {
  readonly #rows = new Map<
    string,
    {
      about: Pick<CrossModalStep, "kind" | "origin" | "step">;
      own: ClusteredMean;
      unrelated: ClusteredMean;
      above: ClusteredMean;
    }
  >();

  add({ kind, origin, step, cluster, view, other, unrelated }: CrossModalPair): void {
    const key = `${origin}/${kind}/${step}`;
    const row = this.#rows.get(key) ?? {
      about: { kind, origin, step },
      own: new ClusteredMean(),
      unrelated: new ClusteredMean(),
      above: new ClusteredMean(),
    };
    this.#rows.set(key, row);
    const cosine = 1 - cosineDistance(other, view);
    row.own.add(cluster, cosine);
    if (unrelated === undefined) return;
    const control = 1 - cosineDistance(unrelated, view);
    row.unrelated.add(cluster, control);
    row.above.add(cluster, cosine - control);
  }

  /** By origin, then step. */
  steps(): readonly CrossModalStep[] {
    return [...this.#rows.values()]
      .sort((a, b) =>
        a.about.origin < b.about.origin
          ? 1
          : a.about.origin > b.about.origin
            ? -1
            : a.about.step - b.about.step,
      )
      .map(({ about, own, unrelated, above }) => ({
        ...about,
        round: Math.ceil(about.step / 2),
        ...own.result(),
        ...(unrelated.count === 0 ? {} : { unrelated: unrelated.result(), above: above.result() }),
      }));
  }
}
