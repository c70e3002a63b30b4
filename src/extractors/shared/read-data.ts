// Reads a data file for a run: shows progress, applies the configured reader options, returns the documents with the reader's report.

import type { OnPreparation } from "../../base/progress.ts";
import { type DocumentSet, type ReadFileOptions, readDocuments } from "../../data/readers.ts";

/** How to read a file; absent options use the reader's defaults. */
export type ReadSettings = Pick<
  ReadFileOptions,
  | "format"
  | "extensions"
  | "bio"
  | "imageExtension"
  | "offsets"
  | "noneLabel"
  | "annotators"
  | "textField"
  | "imageField"
>;

/** Reads the documents of a file, unchanged. */
export function readData(
  path: string,
  settings: ReadSettings,
  onPreparation: OnPreparation,
): Promise<DocumentSet> {
  const { format = "auto", extensions, bio, imageExtension, offsets, noneLabel } = settings;
  const { annotators, textField, imageField } = settings;
  return readDocuments(path, {
    format,
    extensions,
    bio,
    imageExtension,
    offsets,
    noneLabel,
    annotators,
    textField,
    imageField,
    onProgress: (rows) => onPreparation?.({ what: `reading ${path}`, done: rows, total: 0 }),
  });
}
