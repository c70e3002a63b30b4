// Joins gold documents and predictions by id; refuses predictions for other documents.

import { DataError } from "../../base/errors.ts";
import type { Document } from "../../data/document.ts";
import type { ReadDocumentsOptions } from "../../data/document-format.ts";
import { PictureFolder } from "../../data/pictures.ts";
import { readDocuments } from "../../data/readers.ts";
import type { Extensions } from "../../extensions/extension.ts";
import type { Example } from "../report-data.ts";

/** Predictions (JSONL of `relata evaluate --predictions`), the gold documents, and their pictures. */
export interface PredictionFiles {
  readonly predictions: string;
  readonly gold: string;
  /** Format of the gold file; default: guessed from its content. */
  readonly format?: string;
  readonly extensions?: Extensions | undefined;
  readonly bio?: NonNullable<ReadDocumentsOptions["bio"]>;
  readonly imageExtension?: string;
  /** What the offsets of the gold documents count; default "utf-16". */
  readonly offsets?: ReadDocumentsOptions["offsets"];
  /** The gold documents' own name for "None", from the run's configuration. */
  readonly noneLabel?: string | undefined;
  readonly pictures?: string | undefined;
}

export interface JudgedDocument {
  readonly gold: Document;
  readonly predicted: Document;
}

export interface JudgedSet {
  readonly documents: readonly JudgedDocument[];
  /** Gold documents without a prediction. */
  readonly unpredicted: number;
  readonly pictures: PictureFolder | undefined;
}

/**
 * Reads both files and joins them.
 *
 * @throws DataError the errors of reading; `data/other-predictions` for a prediction without a gold document, or with another text.
 */
export async function readJudged(files: PredictionFiles, signal?: AbortSignal): Promise<JudgedSet> {
  const { bio, imageExtension, offsets, noneLabel, pictures } = files;
  const gold = await readDocuments(files.gold, {
    format: files.format ?? "auto",
    extensions: files.extensions,
    ...(bio === undefined ? {} : { bio }),
    ...(imageExtension === undefined ? {} : { imageExtension }),
    offsets,
    ...(noneLabel === undefined ? {} : { noneLabel }),
    ...(signal && { signal }),
  });
  const predictions = await readDocuments(files.predictions, { format: "relata", ...(signal && { signal }) });
  const byId = new Map(gold.documents.map((document) => [document.id, document]));
  const documents = predictions.documents.map((predicted): JudgedDocument => {
    const document = byId.get(predicted.id);
    if (document === undefined) throw otherPredictions(files, predicted, "has no gold document");
    if (document.text !== predicted.text)
      throw otherPredictions(files, predicted, "has a different text in the gold file");
    return { gold: document, predicted };
  });
  return {
    documents,
    unpredicted: gold.documents.length - documents.length,
    pictures: pictures === undefined ? undefined : await PictureFolder.open(pictures),
  };
}

export function otherPredictions(
  { predictions, gold }: Pick<PredictionFiles, "predictions" | "gold">,
  { id }: Document,
  what: string,
): DataError {
  return new DataError({
    code: "data/other-predictions",
    message: `the prediction of document ${JSON.stringify(id)} ${what}`,
    place: predictions,
    value: id,
    remedy: `Write predictions for ${gold} with \`relata evaluate --predictions\`.`,
  });
}

/** Returns an example's picture, or why there is none; undefined without a picture folder. */
export function pictureOf(
  { id, image }: Document,
  folder: PictureFolder | undefined,
): Pick<Example, "picture" | "pictureMissing"> {
  if (folder === undefined) return {};
  const found = folder.find(image);
  if (found.state === "found")
    return { picture: { from: "file", path: found.path, alt: `picture of document ${id}` } };
  return {
    pictureMissing:
      found.reason === "no-image" ? "the document has no picture" : "the picture's file is missing",
  };
}

/** Returns `count` of the items, evenly spaced. */
export function spread<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, i) => items[Math.floor((i * items.length) / count)] as T); // in range
}
