// Reports what a selection did: how many views it kept, and what the teachers' readings say about the label before and after, and of real
// views.

import type { Config } from "../../config/schema.ts";
import {
  type InformationEstimate,
  type ScoredInstance,
  selectionInformation,
} from "../../synthesis/measures/information.ts";
import type { ChosenRule } from "./chosen-rule.ts";
import { compareViews } from "./compare-views.ts";
import { poolOf, type StudentSet } from "./prepare-students.ts";
import type { Readings } from "./readings.ts";
import { ruleScores, type ScoreRow } from "./scores-file.ts";
import { type SelectionRule, selectViews } from "./selection.ts";
import type { InformationRecord, SelectionAccount } from "./selection-notes.ts";
import type { StudentExample, StudentView } from "./student-example.ts";
import { clustersOf } from "./teacher-folds.ts";
import { needsTeachers } from "./teacher-rule.ts";

const RESAMPLES = 200; // 12,000 examples take a second

/**
 * Counts of views and, if teachers scored them, cross-entropies in nats and the resulting lower bounds on mutual information with the
 * label: I(S;Y) >= H(Y) - CE. The bound covers all that the teachers read: `teachersRead` says whether this is the whole real view too.
 * `gain` is what views add to what teachers read without one. After a selection by the same scores both are optimistic: low scores were
 * chosen. Those of second teachers, which did not choose, are not.
 *
 * @param ownerOf the example whose views are selected, if several questions share them; default: the example itself
 */
export function selectionAccount(
  set: StudentSet,
  { synthesis, training }: Config,
  { rule, firstRule, readings, gate, matched }: ChosenRule,
  ownerOf: (example: string) => string = (example) => example,
): SelectionAccount | undefined {
  const { real, use, selection, rounds } = synthesis;
  if (use === "real" || rounds === 0) return undefined;
  const clusters = clustersOf(set);
  const generated = set.examples.map((example) => ({
    example,
    cluster: clusters.get(example.id)!, // every example has one
    views: poolOf(example, real, "synthetic"),
  }));
  const epochs = selection.when === "epoch" ? training.epochs : 1;
  const keptBy = (by: SelectionRule) =>
    generated.map(({ example, views }) => selectViews(by, ownerOf(example.id), views, epochs - 1));
  const kept = keptBy(rule);
  const keptByFirst = firstRule ? keptBy(firstRule) : kept;
  const count = (lists: readonly (readonly unknown[])[]) => lists.reduce((sum, list) => sum + list.length, 0);
  const withViews = generated.filter(({ views }) => views.length > 0).length;
  return {
    method: selection.method,
    ...(rule.method === "threshold" ? { margin: rule.margin } : { share: shareOf(rule) }),
    ...(matched ? { matched } : {}),
    ...(gate ? { gate } : {}),
    when: selection.when,
    views: count(generated.map(({ views }) => views)),
    kept: count(kept),
    ...(rule.method === "threshold"
      ? {
          examplesWithViews: withViews,
          examplesWithoutKept: withViews - kept.filter((list) => list.length > 0).length,
        }
      : {}),
    ...(rule.method === "similarity" ? { withoutCounterpart: rule.withoutCounterpart ?? 0 } : {}),
    ...(readings && {
      information: {
        teachersRead: readings.scores.about.reads,
        ...informationOf([...readings.scores.rows.values()], generated, kept, training.seed),
      },
    }),
    ...(readings?.second
      ? { bySecondTeachers: informationOf(readings.second, generated, keptByFirst, training.seed) }
      : {}),
    ...(readings && needsTeachers(selection.method)
      ? { comparison: comparisonOf(readings, real, generated, { kept, keptByFirst }) }
      : {}),
  };
}

const shareOf = (rule: Exclude<SelectionRule, { readonly method: "threshold" }>): number =>
  rule.method === "none" ? 1 : rule.share;

interface WithViews {
  readonly example: StudentExample;
  /** Equal for examples of documents that share a text or a picture. */
  readonly cluster: number;
  readonly views: readonly StudentView[];
}

function comparisonOf(
  { scores, real: ofReal, second }: Readings,
  real: "text" | "picture",
  generated: readonly WithViews[],
  { kept, keptByFirst }: Readonly<Record<"kept" | "keptByFirst", readonly (readonly StudentView[])[]>>,
) {
  const clusters = new Map(generated.map(({ example, cluster }) => [example.id, cluster]));
  const testOf = (lists: readonly (readonly StudentView[])[]) => {
    const ids = new Map(
      generated.map(({ example }, i) => [example.id, new Set(lists[i]!.map(({ id }) => id))]),
    );
    return (example: string, view: string) => ids.get(example)?.has(view) === true;
  };
  const isKnown = ({ example }: ScoreRow) => clusters.has(example);
  return compareViews({
    real,
    generated: [...scores.rows.values()].filter(isKnown),
    ofReal,
    second: second?.filter(isKnown),
    clusterOf: (example) => clusters.get(example)!,
    isKept: testOf(kept),
    isKeptByFirst: testOf(keptByFirst),
  });
}

/** The bounds in nats, with 95 % bootstrap intervals over the examples, those that share a text or a picture drawn together. */
function informationOf(
  rows: readonly ScoreRow[],
  generated: readonly WithViews[],
  kept: readonly (readonly StudentView[])[],
  seed: number,
) {
  const byExample = new Map(rows.map((row) => [row.example, row]));
  const { crossEntropy } = ruleScores(rows);
  const instances = generated.map(({ example, cluster, views }, i): ScoredInstance => {
    const row = byExample.get(example.id);
    return {
      label: row?.label ?? "",
      cluster,
      withoutView: row?.withoutView.at(-1),
      views: views.flatMap((view) => {
        const score = crossEntropy(example.id, view.id, Number.MAX_SAFE_INTEGER);
        return score === undefined ? [] : [{ crossEntropy: score, kept: kept[i]!.includes(view) }];
      }),
    };
  });
  const { before, after } = selectionInformation(instances, { seed, samples: RESAMPLES });
  return {
    labelEntropyNats: before.labelEntropy.nats,
    before: estimate(before),
    ...(after ? { after: estimate(after) } : {}),
  };
}

function estimate({ instances, views, crossEntropy, bound, gain }: InformationEstimate): InformationRecord {
  return {
    instances,
    views,
    crossEntropyNats: crossEntropy.nats,
    boundNats: bound.nats,
    boundInterval: bound.interval.nats,
    ...(gain ? { gainNats: gain.nats, gainInterval: gain.interval.nats } : {}),
  };
}
