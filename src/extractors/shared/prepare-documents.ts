// The preparation that all tasks share: checks documents, computes the features of their pictures, counts both, and can be stopped.

import { counted } from "../../base/counted.ts";
import { DataError } from "../../base/errors.ts";
import type { OnPreparation } from "../../base/progress.ts";
import type { Document } from "../../data/document.ts";
import type { DocumentSet } from "../../data/readers.ts";
import type { ReadReport } from "../../data/report.ts";
import type { DocumentFeatures, VisualFeatures, VisualInput } from "../../visual/visual-channel.ts";
import type { DataAccount, TrainRequest } from "../requests.ts";

const ANNOTATIONS = {
  entities: { code: "data/no-entities", one: "an entity", many: "entities" },
  relations: { code: "data/no-relations", one: "a relation", many: "relations" },
  categories: { code: "data/no-categories", one: "a category", many: "category" },
} as const;

/**
 * Refuses documents without any entity, relation or category: a wrong format or file.
 *
 * @throws DataError `data/no-entities`, `data/no-relations`, `data/no-categories`
 */
export function requireAnnotations({ documents, report }: DocumentSet, kind: keyof typeof ANNOTATIONS): void {
  const has = (document: Document) =>
    kind === "categories" ? document.category !== undefined : document[kind].length > 0;
  if (documents.some(has)) return;
  const { code, one, many } = ANNOTATIONS[kind];
  const { source, format, accepted, read } = report;
  const entitiesOnly = kind === "relations" && documents.some(({ entities }) => entities.length > 0);
  const other = entitiesOnly ? " To train on the entities alone, use `--task mner`." : "";
  throw new DataError({
    code,
    message: `${source} has no document with ${one} (${accepted} of ${counted(read, "row")} accepted)`,
    place: source,
    remedy:
      accepted > 0 && accepted === read
        ? `Its rows are valid but have no ${many}: name a file of annotated documents, at least one of them with ${one}.${other}`
        : `Check the format (\`${format}\`), and see \`relata validate ${source} --format ${format}\`.`,
  });
}

const MODELS = { entities: "an entity", relations: "a relation", categories: "a category" } as const;

/**
 * Refuses to score documents that are annotated for another task than the model's.
 *
 * @param types the entity types of the model; without any of them, the mentions of rows with one pair are not entities to score
 * @throws DataError `data/other-task`
 */
export function requireSameTask(
  { documents, report }: DocumentSet,
  kind: keyof typeof ANNOTATIONS,
  model: string,
  types: readonly string[] = [],
): void {
  const has: Readonly<Record<keyof typeof ANNOTATIONS, boolean>> = {
    entities: documents.some(({ entities }) => entities.length > 0),
    relations: documents.some(({ relations }) => relations.length > 0),
    categories: documents.some(({ category }) => category !== undefined),
  };
  // The mentions of one pair per row are not all entities of the text, and have no types.
  const isPairs =
    report.format === "mnre" &&
    !documents.some(({ entities }) => entities.some(({ label }) => types.includes(label)));
  if (kind === "entities" ? has.entities && !isPairs : has[kind]) return;
  const others = (["relations", "entities", "categories"] as const).filter(
    (other) => other !== kind && has[other] && !(other === "entities" && isPairs),
  );
  if (others.length === 0) return;
  const { source } = report;
  throw new DataError({
    code: "data/other-task",
    message: `${model} is ${MODELS[kind]} model, but ${source} ${isPairs && kind === "entities" ? "has relations between two mentions per row, and no entity types" : `has ${others.join(" and ")} and no ${ANNOTATIONS[kind].many}`}`,
    place: source,
    remedy: `Name a file with ${kind}, or score ${others.map((other) => MODELS[other]).join(" or ")} model on this one.`,
  });
}

/** Progress that stops the preparation after the signal is aborted; features cached by then are kept. */
export function stoppable({
  onPreparation,
  signal,
}: Pick<TrainRequest, "onPreparation" | "signal">): NonNullable<OnPreparation> {
  return (progress) => {
    signal?.throwIfAborted();
    onPreparation?.(progress);
  };
}

/** The visual features of some documents. */
export interface DocumentVisuals {
  /** Undefined for a document without a usable picture or caption, and for all documents without a visual channel. */
  visualOf(document: Document): VisualFeatures | undefined;
  /** The counts for examples made from the documents, except for those of only one task. */
  accountOf(
    documents: ReadReport,
    examples: readonly { readonly visual: VisualFeatures | undefined }[],
    truncated: number,
  ): Omit<DataAccount, "unknownRelations" | "untaggableEntities" | "pairs">;
}

/** Computes the features of documents' pictures or captions. @throws the codes of the channel's `featuresOf` */
export async function documentVisuals(
  documents: readonly Document[],
  visual: VisualInput | undefined,
  onPreparation: OnPreparation,
): Promise<DocumentVisuals> {
  const { features, broken, captions, crops }: DocumentFeatures = visual
    ? await visual.channel.featuresOf(documents, visual.sources, onPreparation)
    : { features: [], broken: [] };
  const byDocument = new Map(documents.map((document, i) => [document, features[i]]));
  return {
    visualOf: (document) => byDocument.get(document),
    accountOf: (report, examples, truncated) => ({
      documents: report,
      examples: examples.length,
      truncated,
      withoutVisual: visual ? examples.filter((example) => example.visual === undefined).length : 0,
      brokenPictures: broken,
      captions,
      crops,
    }),
  };
}
