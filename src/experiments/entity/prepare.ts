// What training and evaluating entities share: turning documents into examples and labelled texts, with an account of all of them.
import { DataError } from "../../errors.ts";
import type { PreparedSet, ReadSet, VisualInput } from "../model/train-task.ts";
import type { DocumentFeatures, OnPreparation } from "../visual/visual-channel.ts";
import { type EntityExample, type EntityExampleOptions, entityExamples } from "./examples.ts";
import { type LabelledText, labelledTexts } from "./scores.ts";

export interface PreparedEntities extends PreparedSet<EntityExample> {
  /** The same documents as they are scored: never cut. */
  readonly texts: readonly LabelledText[];
}

/** Refuses documents that hold no entity at all: a wrong format or file. @throws DataError `data/no-entities` */
export function requireEntities({ documents, report }: ReadSet): void {
  if (!documents.every(({ entities }) => entities.length === 0)) return;
  const { source, format, accepted, read } = report;
  throw new DataError({
    code: "data/no-entities",
    message: `readData: ${source} holds no document with an entity (${accepted} of ${read} rows accepted)`,
    place: source,
    remedy: `Check the format (\`${format}\`), and see \`relata validate ${source} --format ${format}\`.`,
  });
}

/**
 * Examples of documents whose types the scheme knows.
 *
 * @throws DataError `data/unknown-entity-type`
 */
export async function prepareEntities(
  set: ReadSet,
  options: EntityExampleOptions,
  visual: VisualInput | undefined,
  onPreparation: OnPreparation,
): Promise<PreparedEntities> {
  requireKnownTypes(set, options.scheme.types);
  const { documents } = set;
  const { features, broken, captions, crops }: DocumentFeatures = visual
    ? await visual.channel.featuresOf(documents, visual.sources, onPreparation)
    : { features: documents.map(() => undefined), broken: [] };
  const byDocument = new Map(documents.map((document, i) => [document, features[i]]));
  const { examples, report } = entityExamples(documents, options, (document) => byDocument.get(document));
  const texts = labelledTexts(documents, options, (document) => byDocument.get(document));
  return {
    documents,
    examples,
    texts,
    account: {
      documents: set.report,
      examples: examples.length,
      truncated: report.truncated,
      withoutVisual: visual ? examples.filter((example) => example.visual === undefined).length : 0,
      brokenPictures: broken,
      ...(captions ? { captions } : {}),
      ...(crops ? { crops } : {}),
      untaggableEntities: report.untaggable,
      unknownRelations: {},
    },
  };
}

function requireKnownTypes({ documents, report }: ReadSet, types: readonly string[]): void {
  const unknown = new Set(
    documents.flatMap(({ entities }) => entities.map(({ label }) => label)).filter((l) => !types.includes(l)),
  );
  if (unknown.size === 0) return;
  throw new DataError({
    code: "data/unknown-entity-type",
    message: `examples: ${report.source} has entities of ${unknown.size} unknown types: ${[...unknown].join(", ")}`,
    place: report.source,
    value: [...unknown],
    remedy: `Known types: ${types.join(", ")}. To train on more, name them all in data.entityTypes.`,
  });
}
