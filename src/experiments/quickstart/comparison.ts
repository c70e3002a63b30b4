// The quickstart's only table: the scores of each run on real pairs, between those of the best readers of the world.
import type { QuickstartResult } from "./result.ts";
import { RUN_TITLES } from "./settings.ts";
import type { ScoredRun } from "./train-and-score.ts";

/** A row of the table. */
export interface ComparisonRow {
  readonly title: string;
  readonly kind: "run" | "ceiling" | "distance";
  readonly accuracy: number;
  readonly microF1: number;
  /** Accuracy on posts whose text leaves the relation open; only for runs. */
  readonly openAccuracy?: number;
}

/** Names of the best readers; the types of both entities are given to them, as to the models. */
const CEILINGS = [
  ["typedText", "best possible from texts alone"],
  ["typedJoint", "best possible from texts and pictures"],
] as const;

type Compared = Pick<QuickstartResult, "runs" | "splits">;

/** Returns scores on the test posts: the runs, MI2RAGE's gap to real pictures if it ran, the ceilings. */
export function comparisonOf({ runs, splits }: Compared): ComparisonRow[] {
  const mi2rage = runs.find(({ name }) => name === "mi2rage");
  const real = runs.find(({ name }) => name === "real-pairs");
  return [
    ...runs.map(rowOf),
    ...(mi2rage && real ? [distanceOf(mi2rage, real)] : []),
    ...CEILINGS.map(([view, title]) => ({ title, kind: "ceiling" as const, ...splits.test.ceilings[view] })),
  ];
}

function rowOf({ name, accuracy, microF1, openAccuracy }: ScoredRun): ComparisonRow {
  return { title: RUN_TITLES[name], kind: "run", accuracy, microF1, openAccuracy };
}

function distanceOf(mi2rage: ScoredRun, real: ScoredRun): ComparisonRow {
  return {
    title: "distance from generated to real pictures",
    kind: "distance",
    accuracy: mi2rage.accuracy - real.accuracy,
    microF1: mi2rage.microF1 - real.microF1,
    openAccuracy: mi2rage.openAccuracy - real.openAccuracy,
  };
}
