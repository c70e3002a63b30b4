// How every relation model comes by its documents, its labels and its rule of pairs.

import { ConfigError } from "../../base/errors.ts";
import type { OnPreparation } from "../../base/progress.ts";
import type { Config } from "../../config/schema.ts";
import { readLabelSet } from "../../data/label-file.ts";
import { LabelSet, NONE_LABEL, relationLabelsOf } from "../../data/labels.ts";
import type { DocumentSet } from "../../data/readers.ts";
import type { Extensions } from "../../extensions/extension.ts";
import { type PairRule, pairRuleOf } from "../pairs/pair-rule.ts";
import { pairSetOf } from "../pairs/pair-set.ts";
import { requireAnnotations } from "../shared/prepare-documents.ts";
import { readData } from "../shared/read-data.ts";

/** Documents of a file. @throws DataError `data/no-relations`, and the codes of the readers */
export async function readRelationData(
  path: string,
  config: Config,
  onPreparation: OnPreparation,
  extensions: Extensions,
): Promise<DocumentSet> {
  const set = await readData(path, { ...config.data, extensions }, onPreparation);
  requireAnnotations(set, "relations");
  return set;
}

/** What a relation model may answer, and what it is asked. */
export interface RelationLabels {
  readonly labels: LabelSet;
  readonly rule: PairRule;
}

/**
 * The label set that the configuration names, or that of the training documents, with "None" where pairs become it; and the rule of pairs
 * that the documents give.
 *
 * @throws ConfigError `config/no-such-label`; DataError `data/bad-label-set` and the codes of reading a label set
 */
export async function relationLabels(config: Config, train: DocumentSet): Promise<RelationLabels> {
  const { data, training } = config;
  const rule = pairRuleOf(hasViewsOfPairs(config) ? "none" : data.negatives, training.seed, train);
  const named = await namedLabels(data);
  const found = relationLabelsOf(train.documents);
  const labels = named ?? found;
  const { noneLabel } = data;
  if (noneLabel !== undefined && labels.noneIndex === undefined && found.noneIndex === undefined) {
    throw new ConfigError({
      code: "config/no-such-label",
      message: `data.noneLabel is ${JSON.stringify(noneLabel)}, but ${data.train} has no relation with this label`,
      place: "data.noneLabel",
      value: noneLabel,
      remedy: `Name one of: ${labels.labels.join(", ")}; or omit it.`,
    });
  }
  const missesNone =
    labels.noneIndex === undefined && pairSetOf(train, { rule, split: "train" }).made.size > 0;
  // A label set of the user's keeps its indices.
  if (missesNone && named) return { labels: new LabelSet([...labels, NONE_LABEL]), rule };
  return { labels: missesNone ? new LabelSet([NONE_LABEL, ...labels]) : labels, rule };
}

async function namedLabels({ relations, noneLabel }: Config["data"]): Promise<LabelSet | undefined> {
  if (relations === undefined) return undefined;
  if (typeof relations === "string") return (await readLabelSet(relations)).withNone(noneLabel, relations);
  return new LabelSet(relations).withNone(noneLabel, "data.relations");
}

/** Texts were generated from pictures for annotated pairs alone: an unannotated pair would be told by having none. */
function hasViewsOfPairs({ method, synthesis }: Config): boolean {
  const { real, use, rounds } = synthesis;
  return method === "mi2rage" && real === "picture" && use !== "real" && rounds !== 0;
}
