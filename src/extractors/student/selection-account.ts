// Reports what a selection did: how many views it kept, and what the teachers' scores say about the label before and after.

import type { Config } from "../../config/schema.ts";
import { documentClusters } from "../../data/document-clusters.ts";
import {
  type InformationEstimate,
  type ScoredInstance,
  selectionInformation,
} from "../../synthesis/measures/information.ts";
import { poolOf, type StudentSet } from "./prepare-students.ts";
import { readScores, type ViewScores } from "./scores-file.ts";
import { type SelectionRule, selectViews } from "./selection.ts";
import type { InformationRecord, SelectionAccount } from "./selection-notes.ts";
import type { StudentExample, StudentView } from "./student-example.ts";

const RESAMPLES = 200; // 12,000 examples take a second

/**
 * Counts of views and, if teachers scored them, cross-entropies in nats and the resulting lower bounds on mutual information with the
 * label: I(S;Y) >= H(Y) - CE. The bound covers all that the teachers read: `teachersRead` says whether this is the whole real view too.
 * `gain` is what views add to what teachers read without one. After a selection by the same scores both are optimistic: low scores were
 * chosen.
 */
export async function selectionAccount(
  set: StudentSet,
  { synthesis, training }: Config,
  rule: SelectionRule,
): Promise<SelectionAccount | undefined> {
  const { real, use, selection, rounds } = synthesis;
  if (use === "real" || rounds === 0) return undefined;
  const ofDocument = documentClusters(set.documents);
  const clusters = set.documents.flatMap(({ relations }, i) => relations.map(() => ofDocument[i]!)); // one example per relation, in order
  const generated = set.examples.map((example, i) => ({
    example,
    cluster: clusters[i]!,
    views: poolOf(example, real, "synthetic"),
  }));
  const epochs = selection.when === "epoch" ? training.epochs : 1;
  const kept = generated.map(({ example, views }) => selectViews(rule, example.id, views, epochs - 1));
  const count = (lists: readonly (readonly unknown[])[]) => lists.reduce((sum, list) => sum + list.length, 0);
  const scores = selection.scores === undefined ? undefined : await readScores(selection.scores);
  const withViews = generated.filter(({ views }) => views.length > 0).length;
  return {
    method: selection.method,
    ...(rule.method === "threshold" ? { margin: rule.margin } : { share: shareOf(rule) }),
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
    ...(scores && { information: informationOf(scores, generated, kept, training.seed) }),
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

/** The bounds in nats, with 95 % bootstrap intervals over the examples, those that share a text or a picture drawn together. */
function informationOf(
  scores: ViewScores,
  generated: readonly WithViews[],
  kept: readonly (readonly StudentView[])[],
  seed: number,
) {
  const instances = generated.map(({ example, cluster, views }, i): ScoredInstance => {
    const row = scores.rows.get(example.id);
    return {
      label: row?.label ?? "",
      cluster,
      withoutView: row?.withoutView.at(-1),
      views: views.flatMap((view) => {
        const crossEntropy = scores.crossEntropy(example.id, view.id, Number.MAX_SAFE_INTEGER);
        return crossEntropy === undefined ? [] : [{ crossEntropy, kept: kept[i]!.includes(view) }];
      }),
    };
  });
  const { before, after } = selectionInformation(instances, { seed, samples: RESAMPLES });
  return {
    teachersRead: scores.about.reads,
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
