// Judges a selection of simulated views by the truth that the simulator noted: how many of the kept ones bear the label, how many of those that do are kept.

import { readScores, type ScoreRow } from "../extractors/student/scores-file.ts";
import { selectViews } from "../extractors/student/selection.ts";
import { storeLayout } from "../synthesis/store/layout.ts";
import { readLedger } from "../synthesis/store/read-ledger.ts";
import { simulatedTruth } from "./simulated-truth.ts";

/** Views of one round, or of all. */
export interface SelectionVerdict {
  readonly views: number;
  /** Share of the views that bear the label: the precision of keeping all, or a random share. */
  readonly bearing: number;
  readonly kept: number;
  /** Share of the kept views that bear the label. */
  readonly precision: number;
  /** Share of the views that bear the label that are kept; a random selection keeps `kept / views`. */
  readonly recall: number;
  /** Probability that a view that bears the label has a lower score than one of the same example that does not; 0.5 is chance. */
  readonly ranking: number;
}

export interface SelectionJudgement {
  readonly share: number;
  readonly all: SelectionVerdict;
  readonly rounds: readonly (SelectionVerdict & { readonly round: number })[];
}

interface JudgedView {
  readonly id: string;
  readonly bearsLabel: boolean;
  readonly round: number;
  readonly crossEntropy: number;
}

/**
 * Judges what teachers' scores keep of a store's views.
 *
 * @param scores folder that `relata score-views` wrote
 * @throws SynthesisError `synthesis/not-simulated` for a store that no simulator made, `synthesis/damaged-store`; DataError `data/no-scores`, `data/bad-scores`
 */
export async function judgeSelection(
  store: string,
  scores: string,
  share: number,
): Promise<SelectionJudgement> {
  const { rows } = await readScores(scores);
  const truths = new Map<string, { readonly bearsLabel: boolean; readonly round: number }>();
  for await (const row of readLedger(storeLayout(store).ledger)) {
    // Even steps lead to views and are none.
    if (row.state !== "generated" || row.step % 2 === 0) continue;
    const { bearsLabel } = simulatedTruth(row.details);
    truths.set(row.call, { bearsLabel, round: Math.ceil(row.step / 2) });
  }
  const examples = [...rows.values()].map((row) => judged(row, truths));
  const rounds = [...new Set(examples.flat().map(({ round }) => round))].sort((a, b) => a - b);
  const kept = new Set(examples.flatMap((views, i) => keptOf(String(i), views, share)));
  return {
    share,
    all: verdict(examples, kept),
    rounds: rounds.map((round) => ({
      round,
      ...verdict(
        examples.map((views) => views.filter((view) => view.round === round)),
        kept,
      ),
    })),
  };
}

function judged(
  { views }: ScoreRow,
  truths: ReadonlyMap<string, { readonly bearsLabel: boolean; readonly round: number }>,
): JudgedView[] {
  return views.flatMap(({ id, crossEntropy }) => {
    const truth = truths.get(id);
    return truth ? [{ id, ...truth, crossEntropy: crossEntropy.at(-1)! }] : []; // every view was scored at least once
  });
}

function keptOf(example: string, views: readonly JudgedView[], share: number): readonly JudgedView[] {
  const scores = new Map(views.map(({ id, crossEntropy }) => [id, crossEntropy]));
  return selectViews(
    { method: "teacher", share, crossEntropyOf: (_, view) => scores.get(view) },
    example,
    views,
    0,
  );
}

function verdict(
  examples: readonly (readonly JudgedView[])[],
  kept: ReadonlySet<JudgedView>,
): SelectionVerdict {
  const views = examples.flat();
  const bearing = views.filter(({ bearsLabel }) => bearsLabel);
  const chosen = views.filter((view) => kept.has(view));
  const hits = chosen.filter(({ bearsLabel }) => bearsLabel).length;
  return {
    views: views.length,
    bearing: bearing.length / views.length,
    kept: chosen.length,
    precision: hits / chosen.length,
    recall: hits / bearing.length,
    ranking: ranking(examples),
  };
}

/** Over all pairs within an example of a view that bears the label and one that does not; ties count half. */
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
