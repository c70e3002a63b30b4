// Writes rows of JSON, one per line, for the formats of tokenised texts and of annotation tools.
import { basename, extname } from "node:path";
import type { Document } from "../document.ts";
import { writeAtomically } from "../file-sink.ts";
import type { Lose } from "./losses.ts";
import type { WriteContext, Written } from "./target.ts";

/** A row and the id that a reader gives its document. */
export interface Row {
  readonly row: object;
  readonly id: string;
}

/** The rows of a document. `index` is the number of rows before; `nextId` is the id that a reader gives a row without one. */
export type RowsOf = (
  document: Document,
  lose: Lose,
  context: { readonly index: number; readonly nextId: string },
) => readonly Row[];

/** Writes the rows of documents as JSON lines, atomically. */
export function writeJsonRows(
  path: string,
  documents: AsyncIterable<Document>,
  rowsOf: RowsOf,
  context: WriteContext,
): Promise<Written> {
  return writeRows(path, documents, rowsOf, context, {
    lineOf: ({ row }) => JSON.stringify(row),
  });
}

/** How rows become text. */
export interface RowLayout {
  readonly lineOf: (row: Row) => string;
  /** Whether all rows of a document are one when they are read; by default each is a document. */
  readonly areOne?: boolean | undefined;
  /** Before the first row, between rows, and after the last; default: each row is a line. */
  readonly around?: readonly [before: string, between: string, after: string] | undefined;
}

/** Writes the rows of documents, atomically. */
export function writeRows(
  path: string,
  documents: AsyncIterable<Document>,
  rowsOf: RowsOf,
  { losses, signal }: WriteContext,
  { lineOf, areOne = false, around: [before, between, after] = ["", "\n", "\n"] }: RowLayout,
): Promise<Written> {
  const stem = basename(path, extname(path));
  return writeAtomically(path, async (file) => {
    let index = 0;
    let renamed = 0;
    let count = 0;
    await file.text(before);
    for await (const document of documents) {
      signal?.throwIfAborted();
      const rows = rowsOf(document, losses.of(document), { index, nextId: `${stem}-${index}` });
      for (const row of rows) {
        await file.text(`${index === 0 ? "" : between}${lineOf(row)}`);
        index++;
      }
      count += areOne ? Math.min(1, rows.length) : rows.length;
      if (rows[0] !== undefined && rows[0].id !== document.id) renamed++;
    }
    if (index > 0 || before !== "") await file.text(after);
    return { documents: count, renamed };
  });
}
