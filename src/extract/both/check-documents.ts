// Checks once, before any training, that documents can train both models: hours of the first training must not end in a fault of the second.

import { counted } from "../../base/counted.ts";
import { DataError } from "../../base/errors.ts";
import type { OnPreparation } from "../../base/progress.ts";
import type { BothConfig } from "../../config/schema.ts";
import type { DocumentSet } from "../../data/readers.ts";
import type { Extensions } from "../../extensions/extension.ts";
import { entityTypesOf } from "../../extractors/entity/examples.ts";
import { requireKnownTypes } from "../../extractors/entity/prepare.ts";
import { settleUnknown } from "../../extractors/relation/prepare.ts";
import { relationLabels } from "../../extractors/relation/read-relations.ts";
import { readData } from "../../extractors/shared/read-data.ts";

/**
 * Checks the training and validation documents.
 *
 * @throws DataError `data/no-entities`, `data/no-relations`, `data/unknown-entity-type`, `data/unknown-label`, and the codes of the readers and of
 * the label set
 */
export async function checkDocuments(
  { entities, relations }: BothConfig,
  onPreparation: OnPreparation,
  extensions: Extensions,
): Promise<void> {
  const { data } = relations;
  const read = async (path: string) => {
    const set = await readData(path, { ...data, extensions }, onPreparation);
    requireBoth(set);
    return set;
  };
  const train = await read(data.train);
  const validation = await read(data.validation);
  requireKnownTypes(validation, entities.data.entityTypes ?? entityTypesOf(train.documents));
  const { labels } = await relationLabels(relations, train);
  settleUnknown(train, labels, "refuse");
  settleUnknown(validation, labels, "refuse");
}

const OTHER = {
  entities: { code: "data/no-entities", one: "an entity", alone: "relations", command: "--task mre" },
  relations: { code: "data/no-relations", one: "a relation", alone: "entities", command: "--task mner" },
} as const;

/** Refuses documents of which only one model could learn, and names the command that trains that one. */
function requireBoth({ documents, report }: DocumentSet): void {
  const { source, accepted, read, format } = report;
  for (const kind of ["entities", "relations"] as const) {
    if (documents.some((document) => document[kind].length > 0)) continue;
    const { code, one, alone, command } = OTHER[kind];
    const isEmpty = documents.every((document) => document.entities.length + document.relations.length === 0);
    throw new DataError({
      code,
      message: `${source} has no document with ${one} (${accepted} of ${counted(read, "row")} accepted)`,
      place: source,
      remedy:
        isEmpty || kind === "entities"
          ? `Name a file of annotated documents, or check the format (\`${format}\`) with \`relata validate ${source} --format ${format}\`.`
          : `Both models need annotated documents. To train on the ${alone} alone, use \`relata train ${command}\`.`,
    });
  }
}
