// Reads the documents and the entity types of every entity model.
import type { OnPreparation } from "../../base/progress.ts";
import type { Config } from "../../config/schema.ts";
import type { DocumentSet } from "../../data/readers.ts";
import type { Extensions } from "../../extensions/extension.ts";
import { requireAnnotations } from "../shared/prepare-documents.ts";
import { readData } from "../shared/read-data.ts";
import { entityTypesOf } from "./examples.ts";

/** Reads the documents of a file. @throws DataError `data/no-entities`, and the codes of the readers */
export async function readEntityData(
  path: string,
  config: Config,
  onPreparation: OnPreparation,
  extensions: Extensions,
): Promise<DocumentSet> {
  const set = await readData(path, { ...config.data, extensions }, onPreparation);
  requireAnnotations(set, "entities");
  return set;
}

/**
 * Returns the configured types, or those of the training documents.
 *
 * @param known types of a model that the run starts from; they come first
 */
export async function entityTypes(
  { data }: Config,
  { documents }: DocumentSet,
  known: readonly string[] = [],
): Promise<readonly string[]> {
  return data.entityTypes ?? [...new Set([...known, ...entityTypesOf(documents)])];
}
