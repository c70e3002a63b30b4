// Entities, relations and categories as rows of a text table (CSV, TSV, triples), for spreadsheets, databases and graphs. A table holds no posts: it is
// written, never read back.

import type { Document } from "./document.ts";
import { writeAtomically } from "./file-sink.ts";
import { validDocument } from "./jsonl.ts";
import { namedRelations } from "./mention-texts.ts";
import { documentIn, type OffsetUnit } from "./offset-units.ts";

/** Tables of what was found, by name. */
export const TABLE_NAMES = ["csv", "tsv", "triples"] as const;
export type TableName = (typeof TABLE_NAMES)[number];

/** How a table is written. */
export interface TableFormat {
  /** "csv" and "tsv" have a row for every entity, relation and category; "triples" has one for every relation. */
  readonly name: TableName;
  /** Default: a comma for "csv", a tab for the others. */
  readonly delimiter?: "," | "\t" | undefined;
  /** For spreadsheets: a byte order mark at the start, and an apostrophe before cells that would be read as formulas. */
  readonly spreadsheet?: boolean | undefined;
  /** What the offsets count; default "utf-16". */
  readonly offsets?: OffsetUnit | undefined;
}

const FINDING_COLUMNS = [
  ...["post", "kind", "label", "probability"],
  ...["text", "start", "end"],
  ...["head", "head_start", "head_end", "tail", "tail_start", "tail_end"],
];
const TRIPLE_COLUMNS = ["head", "relation", "tail", "probability", "post"];

type Cell = string | number | undefined;

/** The first line of a table, without line end. */
export function tableHeader(format: TableFormat): string {
  const columns = format.name === "triples" ? TRIPLE_COLUMNS : FINDING_COLUMNS;
  return `${format.spreadsheet === true ? "\ufeff" : ""}${columns.join(delimiterOf(format))}`;
}

/**
 * The rows of a document, without line ends; none if nothing was found in it. A cell that contains the delimiter, a quote or a line break is
 * in quotes, and its quotes are doubled (RFC 4180).
 *
 * @throws DataError with a defect's code if the document is invalid
 */
export function tableRows(document: Document, format: TableFormat): string[] {
  const valid = validDocument(document);
  const rows = format.name === "triples" ? triples(valid) : findings(valid, format.offsets);
  return rows.map((cells) => cells.map((cell) => cellText(cell, format)).join(delimiterOf(format)));
}

/**
 * Writes the table of documents atomically: the file appears complete or not at all.
 *
 * @returns the number of documents
 * @throws DataError `data/cannot-write`, or the code of an invalid document's defect
 */
export function writeTable(
  path: string,
  documents: AsyncIterable<Document>,
  format: TableFormat,
  signal?: AbortSignal,
): Promise<number> {
  return writeAtomically(path, async (file) => {
    await file.text(`${tableHeader(format)}\n`);
    let count = 0;
    for await (const document of documents) {
      signal?.throwIfAborted();
      for (const row of tableRows(document, format)) await file.text(`${row}\n`);
      count++;
    }
    return count;
  });
}

function findings(document: Document, offsets: OffsetUnit = "utf-16"): Cell[][] {
  const { id, text, entities, relations, category } = document;
  const places = documentIn(document, offsets).entities;
  const mention = (at: number): Cell[] => {
    const [{ start, end }, place] = [entities[at]!, places[at]!]; // the document is valid
    return [text.slice(start, end), place.start, place.end];
  };
  const none: Cell[] = [undefined, undefined, undefined];
  return [
    ...entities.map(({ label, probability }, at) => [
      ...[id, "entity", label, probability],
      ...[...mention(at), ...none, ...none],
    ]),
    ...relations.map(({ head, tail, label, probability }) => [
      ...[id, "relation", label, probability],
      ...[...none, ...mention(head), ...mention(tail)],
    ]),
    ...(category ? [[id, "category", category.label, category.probability, ...none, ...none, ...none]] : []),
  ];
}

function triples({ id, text, entities, relations }: Document): Cell[][] {
  return namedRelations(text, entities, relations).map(({ headText, label, tailText, probability }) => [
    ...[headText, label, tailText, probability, id],
  ]);
}

function delimiterOf({ name, delimiter }: TableFormat): "," | "\t" {
  return delimiter ?? (name === "csv" ? "," : "\t");
}

/** Beginnings that Excel, LibreOffice and Google Sheets read as a formula, also in their full-width forms. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

function cellText(cell: Cell, format: TableFormat): string {
  const text =
    typeof cell === "string" && format.spreadsheet === true && FORMULA.test(cell) ? `'${cell}` : cell;
  return csvCell(text, delimiterOf(format));
}

/** A cell of a text table; with quotes around it if it has the delimiter, a quote or a line break (RFC 4180). */
export function csvCell(cell: Cell, delimiter: string): string {
  const text = cell === undefined ? "" : String(cell);
  return text.includes(delimiter) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
