// How well the teachers chose: the pictures that they kept against what the simulator knows of each.

import { readScores } from "../../extractors/student/scores-file.ts";
import { selectViews } from "../../extractors/student/selection.ts";
import { openViewStore } from "../../synthesis/store/open-store.ts";
import type { View } from "../../synthesis/view.ts";
import { simulatedTruth } from "../../world/simulated-truth.ts";
import type { WorldTruth } from "../../world/truth.ts";

/** Accepted pictures, how many of them show the relation of their post, and the same of those that were kept. */
export interface SelectionCounts {
  readonly views: number;
  readonly bearing: number;
  readonly kept: number;
  readonly keptBearing: number;
}

export interface SelectionTruth {
  readonly all: SelectionCounts;
  /** Of posts whose text leaves the relation open: only there can a picture tell a teacher anything. */
  readonly open: SelectionCounts;
  /** By round, the first one at 0: later pictures of a chain drift away. */
  readonly rounds: readonly SelectionCounts[];
}

/** Share of the kept pictures that show the relation; without a selection it is the share of all pictures. */
export const precision = ({ kept, keptBearing }: SelectionCounts): number => keptBearing / Math.max(1, kept);
/** Share of the pictures that show the relation which are kept. */
export const recall = ({ bearing, keptBearing }: SelectionCounts): number =>
  keptBearing / Math.max(1, bearing);
/** Precision of keeping everything, or anything at random. */
export const bearingShare = ({ views, bearing }: SelectionCounts): number => bearing / Math.max(1, views);

/**
 * Counts a store's views by what the simulator says of them.
 *
 * @param scores folder of the teachers' scores.
 * @param share of each post's pictures that is kept.
 * @throws SynthesisError `synthesis/not-simulated`; DataError `data/no-scores`, `data/view-without-score`
 */
export async function selectionTruth(
  storeFolder: string,
  scores: string,
  share: number,
  { posts }: WorldTruth,
): Promise<SelectionTruth> {
  const store = await openViewStore(storeFolder);
  const { crossEntropy } = await readScores(scores);
  const rule = {
    method: "teacher",
    share,
    crossEntropyOf: (example: string, view: string) => crossEntropy(example, view, Number.MAX_SAFE_INTEGER),
  } as const;
  const byInstance = new Map<string, View[]>();
  for await (const view of store.views()) {
    if (view.kind === store.direction || view.rejected !== undefined) continue;
    const views = byInstance.get(view.instance);
    if (views === undefined) byInstance.set(view.instance, [view]);
    else views.push(view);
  }
  const judged = [...byInstance].flatMap(([instance, views]) => {
    const kept = new Set(selectViews(rule, instance, views, 0));
    return views.map((view) => ({
      instance,
      round: view.round,
      kept: kept.has(view),
      bears: simulatedTruth(view.details).bearsLabel,
    }));
  });
  const open = new Set(posts.filter(({ needsPicture }) => needsPicture).map(({ id }) => id));
  return {
    all: count(judged),
    open: count(judged.filter(({ instance }) => open.has(instance))),
    rounds: Array.from({ length: store.rounds }, (_, at) =>
      count(judged.filter(({ round }) => round === at + 1)),
    ),
  };
}

function count(views: readonly { readonly kept: boolean; readonly bears: boolean }[]): SelectionCounts {
  const of = (holds: (view: (typeof views)[number]) => boolean) => views.filter(holds).length;
  return {
    views: views.length,
    bearing: of(({ bears }) => bears),
    kept: of(({ kept }) => kept),
    keptBearing: of(({ kept, bears }) => kept && bears),
  };
}
