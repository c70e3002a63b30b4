// Judges a selection of simulated views against the truth that the simulator recorded: how many kept views
// show the label, and how many views that show it are kept.

import { readScores, ruleScores, type ScoreRow } from "../extractors/student/scores-file.ts";
import { selectViews } from "../extractors/student/selection.ts";
import { lastEpoch, type TeacherSelection, teacherRule } from "../extractors/student/teacher-rule.ts";
import { storeLayout } from "../synthesis/store/layout.ts";
import { readLedger } from "../synthesis/store/read-ledger.ts";
import { simulatedTruth } from "./simulated-truth.ts";

/** Views of one round, or of all. */
export interface SelectionVerdict {
  readonly views: number;
  /** Share of the views that show the label: the precision of keeping all views, or a random share of them. */
  readonly bearing: number;
  readonly kept: number;
  /** Share of the kept views that show the label: the precision; NaN if a threshold keeps none. */
  readonly precision: number;
  /** Share of the views that show the label and are kept: the recall; `kept / views` for a random selection. */
  readonly recall: number;
  /**
   * Probability that a view that shows the label scores lower than a view of the same example that does
   * not; 0.5 is chance.
   */
  readonly ranking: number;
}

export interface SelectionJudgement {
  /** Of each example's views; absent for a threshold. */
  readonly share?: number;
  /** Of a threshold, in nats. */
  readonly margin?: number;
  readonly all: SelectionVerdict;
  readonly rounds: readonly (SelectionVerdict & { readonly round: number })[];
}

/** A scored view, its simulated truth, and whether the selection keeps it. */
export interface JudgedView {
  readonly example: string;
  readonly id: string;
  readonly bearsLabel: boolean;
  readonly round: number;
  readonly crossEntropy: number;
  readonly kept: boolean;
}

/** Number of views, number that show the label of their example, and the same for the kept views. */
export interface SelectionCounts {
  readonly views: number;
  readonly bearing: number;
  readonly kept: number;
  readonly keptBearing: number;
}

/**
 * Judges which views of a store the teachers' scores keep.
 *
 * @param scores folder that `relata score-views` wrote
 * @throws SynthesisError `synthesis/not-simulated` for a store that the simulator did not write,
 * `synthesis/damaged-store`; DataError `data/no-scores`, `data/bad-scores`
 */
export async function judgeSelection(
  store: string,
  scores: string,
  selection: TeacherSelection,
): Promise<SelectionJudgement> {
  const examples = await judgedViews(store, scores, selection);
  const rounds = [...new Set(examples.flat().map(({ round }) => round))].sort((a, b) => a - b);
  const { method: _, ...rule } = selection;
  return {
    ...rule,
    all: verdict(examples),
    rounds: rounds.map((round) => ({
      round,
      ...verdict(examples.map((views) => views.filter((view) => view.round === round))),
    })),
  };
}

/** The views that teachers scored, by example. @throws as `judgeSelection` */
export async function judgedViews(
  store: string,
  scores: string,
  selection: TeacherSelection,
): Promise<readonly (readonly JudgedView[])[]> {
  const { rows } = await readScores(scores);
  const truths = new Map<string, Pick<JudgedView, "bearsLabel" | "round">>();
  for await (const row of readLedger(storeLayout(store).ledger)) {
    // Even steps are intermediate, not views.
    if (row.state !== "generated" || row.step % 2 === 0) continue;
    const { bearsLabel } = simulatedTruth(row.details);
    truths.set(row.call, { bearsLabel, round: Math.ceil(row.step / 2) });
  }
  return [...rows.values()].map((row) => judged(row, truths, selection));
}

function judged(
  row: ScoreRow,
  truths: ReadonlyMap<string, Pick<JudgedView, "bearsLabel" | "round">>,
  selection: TeacherSelection,
): JudgedView[] {
  const { example, views } = row;
  const known = views.flatMap(({ id, crossEntropy }) => {
    const truth = truths.get(id);
    return truth ? [{ example, id, ...truth, crossEntropy: crossEntropy.at(-1)! }] : []; // every view was scored at least once
  });
  const rule = teacherRule(selection, ruleScores([row]), lastEpoch);
  const kept = new Set(selectViews(rule, example, known, 0));
  return known.map((view) => ({ ...view, kept: kept.has(view) }));
}

export function countViews(views: readonly JudgedView[]): SelectionCounts {
  const of = (holds: (view: JudgedView) => boolean) => views.filter(holds).length;
  return {
    views: views.length,
    bearing: of(({ bearsLabel }) => bearsLabel),
    kept: of(({ kept }) => kept),
    keptBearing: of(({ kept, bearsLabel }) => kept && bearsLabel),
  };
}

function verdict(examples: readonly (readonly JudgedView[])[]): SelectionVerdict {
  const { views, bearing, kept, keptBearing } = countViews(examples.flat());
  return {
    views,
    bearing: bearing / views,
    kept,
    precision: keptBearing / kept,
    recall: keptBearing / bearing,
    ranking: ranking(examples),
  };
}

/**
 * Counts, within an example, all pairs of a view that shows the label and one that does not; ties count
 * half.
 */
function ranking(examples: readonly (readonly JudgedView[])[]): number {
  let pairs = 0;
  let right = 0;
  for (const views of examples) {
    for (const good of views.filter(({ bearsLabel }) => bearsLabel)) {
      for (const bad of views.filter(({ bearsLabel }) => !bearsLabel)) {
        pairs++;
        if (good.crossEntropy < bad.crossEntropy) right++;
        else if (good.crossEntropy === bad.crossEntropy) right += 0.5;
      }
    }
  }
  return right / pairs;
}
