// Reads a data file for a run: shows progress, applies the configured reader options, returns the documents with the reader's report.

import type { OnPreparation } from "../../base/progress.ts";
import type { Config } from "../../config/schema.ts";
import type { AnnotatorPolicy } from "../../data/document-format.ts";
import type { OffsetUnit } from "../../data/offset-units.ts";
import type { DocumentSet } from "../../data/readers.ts";
import { readDocuments } from "../../data/readers.ts";
import type { Extensions } from "../../extensions/extension.ts";

/** How to read a file; absent options use the reader's defaults. */
export interface ReadSettings {
  readonly format?: string | undefined;
  readonly extensions?: Extensions | undefined;
  readonly bio?: Config["data"]["bio"] | undefined;
  readonly imageExtension?: string | undefined;
  readonly offsets?: OffsetUnit | undefined;
  readonly noneLabel?: string | undefined;
  readonly annotators?: AnnotatorPolicy | undefined;
  readonly textField?: string | undefined;
  readonly imageField?: string | undefined;
}

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
