// How every relation model comes by its documents and its labels.
import { type Document, LabelSet, readLabelSet, relationLabelsOf } from "../../data/index.ts";
import type { Config } from "../config/schema.ts";
import { requireAnnotations } from "../model/prepare-documents.ts";
import { readData } from "../model/read-data.ts";
import type { ReadSet } from "../model/train-task.ts";
import type { OnPreparation } from "../visual/visual-channel.ts";

/** Documents of a file. @throws DataError `data/no-relations`, and the codes of the readers */
export async function readRelationData(
  path: string,
  config: Config,
  onPreparation: OnPreparation,
): Promise<ReadSet> {
  const set = await readData(path, config.data, onPreparation);
  requireAnnotations(set, "relations");
  return set;
}

/** The label set that the configuration names, or that of the documents. */
export async function relationLabels(config: Config, documents: readonly Document[]): Promise<LabelSet> {
  const { relations } = config.data;
  if (relations === undefined) return relationLabelsOf(documents);
  return typeof relations === "string" ? readLabelSet(relations) : new LabelSet(relations);
}
