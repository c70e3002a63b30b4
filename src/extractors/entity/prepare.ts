// Turns documents into examples and labelled texts, for training and for evaluating entity models, and counts what was left out.
import { counted } from "../../base/counted.ts";
import { DataError } from "../../base/errors.ts";
import type { OnPreparation } from "../../base/progress.ts";
import type { DocumentSet } from "../../data/readers.ts";
import type { VisualInput } from "../../visual/visual-channel.ts";
import { documentVisuals } from "../shared/prepare-documents.ts";
import type { PreparedSet } from "../shared/training-task.ts";
import { type EntityExample, type EntityExampleOptions, entityExamples } from "./examples.ts";
import { type LabelledText, labelledTexts } from "./scores.ts";

export interface PreparedEntities extends PreparedSet<EntityExample> {
  /** The same documents for scoring: never cut. */
  readonly texts: readonly LabelledText[];
}

/**
 * Builds examples of documents whose types the scheme knows.
 *
 * @throws DataError `data/unknown-entity-type`
 */
export async function prepareEntities(
  set: DocumentSet,
  options: EntityExampleOptions,
  visual: VisualInput | undefined,
  onPreparation: OnPreparation,
): Promise<PreparedEntities> {
  requireKnownTypes(set, options.scheme.types);
  const { documents } = set;
  const { visualOf, accountOf } = await documentVisuals(documents, visual, onPreparation);
  const { examples, report } = entityExamples(documents, options, visualOf);
  return {
    documents,
    examples,
    texts: labelledTexts(documents, options, visualOf),
    account: {
      ...accountOf(set.report, examples, report.truncated),
      untaggableEntities: report.untaggable,
      unknownRelations: {},
    },
  };
}

/** Refuses documents with types that the model does not know. @throws DataError `data/unknown-entity-type` */
export function requireKnownTypes({ documents, report }: DocumentSet, types: readonly string[]): void {
  const unknown = new Set(
    documents.flatMap(({ entities }) => entities.map(({ label }) => label)).filter((l) => !types.includes(l)),
  );
  if (unknown.size === 0) return;
  throw new DataError({
    code: "data/unknown-entity-type",
    message: `${report.source} has entities of ${counted(unknown.size, "unknown type")}: ${[...unknown].join(", ")}`,
    place: report.source,
    value: [...unknown],
    remedy: `Known types: ${types.join(", ")}. To train on more types, list all of them in data.entityTypes.`,
  });
}
