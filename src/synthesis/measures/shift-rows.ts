// The shift of a store's candidate views from real second views, round by round.

import { stream } from "../../training/random.ts";
import { centred } from "./centring.ts";
import { type Sample, type Shift, shiftOf } from "./shift.ts";
import type { MeasureSpace, StoreSample } from "./store-contents.ts";

/** Embeddings of real views of the modality that the store's candidates have. */
export interface SecondViews extends Sample {
  readonly space: MeasureSpace;
}

export interface ShiftRow extends Shift {
  readonly space: MeasureSpace;
  /** Views of this round of all chains. `control`: one half of the real views against the other. */
  readonly round: number | "control";
}

/** Rows by round, then the control; rounds with too few real views are left out. */
export function shiftRows({ instances, centres }: StoreSample, second: SecondViews): readonly ShiftRow[] {
  const { space } = second;
  const real: Sample = {
    vectors: second.vectors.map((vector) => centred(vector, centres.get(space))),
    clusters: second.clusters,
  };
  const rounds = new Map<number, { vectors: Float32Array[]; clusters: string[] }>();
  for (const { origin, views } of instances.values()) {
    for (const { row, embedded } of views) {
      if (embedded?.space !== space || row.step % 2 === 0) continue;
      const round = Math.ceil(row.step / 2);
      const own = rounds.get(round) ?? { vectors: [], clusters: [] };
      rounds.set(round, own);
      own.vectors.push(embedded.vector);
      own.clusters.push(origin);
    }
  }
  const rows = [...rounds].sort(([a], [b]) => a - b).flatMap(([round, made]) => rowOf(round, real, made));
  return [...rows, ...rowOf("control", ...halves(real))].map((row) => ({ space, ...row }));
}

function rowOf(round: ShiftRow["round"], real: Sample, made: Sample): readonly Omit<ShiftRow, "space">[] {
  const shift = shiftOf(real, made);
  return shift === undefined ? [] : [{ round, ...shift }];
}

/** One half of the clusters, drawn at random, against the other: what a shift of nothing looks like with this many real views. */
function halves({ vectors, clusters }: Sample): readonly [Sample, Sample] {
  const names = [...new Set(clusters)];
  const order = stream(0, 0, "shift/halves").permutation(names.length);
  const numbers = new Map(names.map((cluster, i) => [cluster, order[i]!]));
  const half = (side: number): Sample => {
    const rows = clusters.flatMap((cluster, i) => (numbers.get(cluster)! % 2 === side ? [i] : [])); // every cluster is numbered
    return { vectors: rows.map((i) => vectors[i]!), clusters: rows.map((i) => clusters[i]!) };
  };
  return [half(0), half(1)];
}
