// What the rows of a batch's output look like: documents as JSON, or the entities and relations found as rows of a table.
import type { Document } from "../../data/document.ts";
import { type TableFormat, tableHeader, tableRows } from "../../data/findings-table.ts";
import { formatDocument } from "../../data/jsonl.ts";
import type { OffsetUnit } from "../../data/offset-units.ts";

/** "jsonl" writes documents (also for a Parquet file, which is made of them). */
export type OutputFormat = "jsonl" | TableFormat;

/** The line before all others, without line end; undefined if there is none. */
export function headerOf(format: OutputFormat): string | undefined {
  return format === "jsonl" ? undefined : tableHeader(format);
}

/** The lines of a document, without line ends, with its offsets in a unit (default "utf-16"). @throws DataError with a defect's code if it is invalid */
export function linesOfDocument(
  document: Document,
  format: OutputFormat,
  offsets?: OffsetUnit,
): readonly string[] {
  return format === "jsonl"
    ? [formatDocument(document, { mentionTexts: true, offsets })]
    : tableRows(document, { ...format, offsets });
}
