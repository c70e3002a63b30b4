// Measures how well the teachers chose: compares the pictures they kept with the simulator's truth.

import { openViewStore } from "../../synthesis/store/open-store.ts";
import { countViews, judgedViews, type SelectionCounts } from "../../world/judge-selection.ts";
import type { WorldTruth } from "../../world/truth.ts";

/** Counts of accepted pictures: a picture is right if it shows the relation of its post. */
export interface SelectionTruth {
  readonly all: SelectionCounts;
  /** Of posts whose text leaves the relation open: only there can a picture inform a teacher. */
  readonly open: SelectionCounts;
  /** By round, the first at index 0: later pictures of a chain drift away. */
  readonly rounds: readonly SelectionCounts[];
}

/** Share of the kept pictures that show the relation; without a selection, the share of all pictures. */
export const precision = ({ kept, keptBearing }: SelectionCounts): number => keptBearing / Math.max(1, kept);
/** Share of the pictures showing the relation that are kept. */
export const recall = ({ bearing, keptBearing }: SelectionCounts): number =>
  keptBearing / Math.max(1, bearing);
/** Precision of keeping everything, or a random choice. */
export const bearingShare = ({ views, bearing }: SelectionCounts): number => bearing / Math.max(1, views);

/**
 * Counts a store's views by the simulator's truth.
 *
 * @param scores folder of the teachers' scores.
 * @param share share of each post's pictures that is kept.
 * @throws SynthesisError `synthesis/not-simulated`; DataError `data/no-scores`
 */
export async function selectionTruth(
  storeFolder: string,
  scores: string,
  share: number,
  { posts }: WorldTruth,
): Promise<SelectionTruth> {
  const store = await openViewStore(storeFolder);
  const views = (await judgedViews(storeFolder, scores, { method: "teacher", share })).flat();
  const open = new Set(posts.filter(({ needsPicture }) => needsPicture).map(({ id }) => id));
  return {
    all: countViews(views),
    open: countViews(views.filter(({ example }) => open.has(example))),
    rounds: Array.from({ length: store.rounds }, (_, at) =>
      countViews(views.filter(({ round }) => round === at + 1)),
    ),
  };
}
