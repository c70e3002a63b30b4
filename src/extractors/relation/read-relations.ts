// Reads the documents, labels and pair rule of every relation model.

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

/** Reads the documents of a file. @throws DataError `data/no-relations`, and the codes of the readers */
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

/** A relation model's possible answers and questions. */
export interface RelationLabels {
  readonly labels: LabelSet;
  readonly rule: PairRule;
}

/**
 * Returns the configured label set, or that of the training documents, with "None" if pairs become it; and the pair rule
 * from the documents.
 *
 * @param known labels of a model that the run starts from; they come first

 * @throws ConfigError `config/no-such-label`; DataError `data/bad-label-set` and the codes of reading a label set
 */
export async function relationLabels(
  config: Config,
  train: DocumentSet,
  known: readonly string[] = [],
): Promise<RelationLabels> {
  const { data, training } = config;
  const rule = pairRuleOf(hasViewsOfPairs(config) ? "none" : data.negatives, training.seed, train);
  const named = await namedLabels(data);
  const found = relationLabelsOf(train.documents);
  const labels = named ?? new LabelSet([...new Set([...known, ...found])]);
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
  // A user's label set keeps its indices.
  if (missesNone && named) return { labels: new LabelSet([...labels, NONE_LABEL]), rule };
  return { labels: missesNone ? new LabelSet([NONE_LABEL, ...labels]) : labels, rule };
}

async function namedLabels({ relations, noneLabel }: Config["data"]): Promise<LabelSet | undefined> {
  if (relations === undefined) return undefined;
  if (typeof relations === "string") return (await readLabelSet(relations)).withNone(noneLabel, relations);
  return new LabelSet(relations).withNone(noneLabel, "data.relations");
}

/** Texts were generated from pictures only for annotated pairs: an unannotated pair would be recognisable by its missing text. */
function hasViewsOfPairs({ method, synthesis }: Config): boolean {
  const { real, use, rounds } = synthesis;
  return method === "mi2rage" && real === "picture" && use !== "real" && rounds !== 0;
}
