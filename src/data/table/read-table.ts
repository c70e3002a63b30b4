// Reads tables of texts and annotations: CSV and TSV, or JSON rows without a structure of their own.
import { counted } from "../../base/counted.ts";
import { DataError } from "../../base/errors.ts";
import { defect, quote } from "../defects.ts";
import type { Document } from "../document.ts";
import type { DocumentFormat, ReadDocumentsOptions } from "../document-format.ts";
import { sampleFile } from "../file-sample.ts";
import { parseJsonLine } from "../jsonl.ts";
import { judgeRow, type RowOutcome, readRows, weighDefects } from "../rows.ts";
import { looksAnnotated, looksClassified } from "./columns.ts";
import { csvRecords } from "./csv.ts";
import { Table } from "./table.ts";
import type { TableRow } from "./table-document.ts";
import { decodeTable, readTableText, tableText } from "./table-text.ts";
import { readTokenTable, tokenColumnsOf } from "./token-table.ts";

/** Tables, for the registry. */
export const tableFormat: DocumentFormat = {
  name: "table",
  description: "CSV, TSV or flat JSON: a row for each document, mention or relation (docs/importing.md)",
  offsets: "utf-16",
  options: ["columns", "entityColumns", "textField", "imageField"],
  recognises: ({ path, head, values: [first] }) =>
    // A table of this name whose columns are not known is still a table: its reader says what to name.
    (first === undefined && /\.(?:csv|tsv)$/i.test(path) && headerOf(head).length > 1) ||
    looksAnnotated(first === undefined ? headerOf(head) : fieldNames(first)) ||
    looksClassified(fieldNames(first)),
  read: (path, options = {}) => readTable(path, options),
};

function fieldNames(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
  const isFlat = Object.values(value).every((cell) => typeof cell !== "object" || cell === null);
  return isFlat ? Object.keys(value) : [];
}

function headerOf(head: Uint8Array): readonly string[] {
  const text = decodeTable(head, false);
  if (text === undefined || /^\s*[{[<]/.test(text)) return [];
  const { text: table, separator } = tableText(text);
  const [header] = csvRecords(table.slice(0, MAX_HEADER), separator);
  return header?.cells ?? [];
}

const MAX_HEADER = 100_000; // characters that are looked at for the first line

/**
 * Reads a table as documents. Rows with the same id, or without ids with the same text and picture, are one document. In the report a
 * document has as many lines as its rows.
 *
 * @throws DataError `data/cannot-read`, `data/file-too-large`, `data/other-format`, `data/missing-column`, `data/bad-columns`; under
 * "strict" also the code of the first defect of severity "error".
 */
async function* readTable(path: string, options: ReadDocumentsOptions): AsyncGenerator<RowOutcome<Document>> {
  const { values } = await sampleFile(path);
  if (values.length > 0) yield* readJsonTable(path, values, options);
  else yield* readCsvTable(path, options);
}

async function* readCsvTable(
  path: string,
  options: ReadDocumentsOptions,
): AsyncGenerator<RowOutcome<Document>> {
  const { text, separator, skipped } = await readTableText(path, options.signal);
  const records = csvRecords(text, separator);
  const header = records.next();
  if (header.done === true) return;
  for (let line = 1; line <= skipped + header.value.lines; line++) yield { kind: "mark", line, defects: [] };
  const names = columnNames(header.value.cells, path);
  const rows: TableRow[] = [];
  const afterBlank = new Set<number>();
  let isBlank = false;
  let quotes = 0;
  for (const { line: own, lines, cells, hasStrayQuote } of records) {
    options.signal?.throwIfAborted();
    const line = own + skipped;
    if (cells.every((cell) => cell.trim() === "")) {
      for (let at = line; at < line + lines; at++) yield { kind: "blank", line: at, defects: [] };
      isBlank = rows.length > 0;
      continue;
    }
    if (hasStrayQuote) quotes++;
    const extra = cells.slice(names.length);
    if (cells.length < names.length || extra.some((cell) => cell.trim() !== "")) {
      const message = `the row has ${counted(cells.length, "cell")}, but the header has ${names.length}`;
      const defects = weighDefects(
        [defect("data/wrong-columns", `${path}:${line}`, message, cells)],
        options,
      );
      yield { kind: "rejected", line, lines, defects };
      continue;
    }
    if (isBlank) afterBlank.add(line);
    isBlank = false;
    rows.push({ line, lines, cells: Object.fromEntries(names.map((name, i) => [name, cells[i]])) });
  }
  if (quotes > 0) {
    const message = `${counted(quotes, "row has", "rows have")} a quote at the beginning of a cell that is not quoted: it is read as part of the cell`;
    yield {
      kind: "file",
      defects: weighDefects([defect("data/stray-quote", path, message, quotes)], options),
    };
  }
  const isNamed = options.columns !== undefined || options.entityColumns !== undefined;
  const tokens = isNamed ? undefined : tokenColumnsOf(names, rows);
  if (tokens !== undefined) {
    yield* readTokenTable(path, rows, tokens, afterBlank, options);
    return;
  }
  const table = new Table(path, names, options);
  for (const row of rows) table.add(row);
  for (const row of table.rows())
    yield judgeRow(row, row, (document) => table.compare(document, `${path}:${row.line}`), options);
  yield { kind: "file", defects: weighDefects(table.notes(), options) };
}

function readJsonTable(
  path: string,
  sample: readonly unknown[],
  options: ReadDocumentsOptions,
): AsyncGenerator<RowOutcome<Document>> {
  const names = new Set(sample.flatMap((value) => Object.keys(value ?? {})));
  const table = new Table(path, [...names], options);
  return readRows<Document>(
    path,
    {
      form: "json",
      lists: true,
      parse(text, place, line) {
        const json = parseJsonLine(text, place);
        if (json.defects.length > 0) return { defects: json.defects };
        if (typeof json.value !== "object" || json.value === null || Array.isArray(json.value))
          return { defects: [defect("data/wrong-type", place, "the row is not an object", json.value)] };
        table.add({ line, lines: 1, cells: json.value as TableRow["cells"] });
        return [];
      },
      rest: () => table.rows(),
      compare: (document, place) => table.compare(document, place),
      end: () => table.notes(),
    },
    options,
  );
}

/** The names of columns; one without a name has a table's row numbers. */
function columnNames(cells: readonly string[], path: string): readonly string[] {
  const names = cells.map((cell, i) => cell.trim() || `Unnamed: ${i}`);
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated === undefined) return names;
  throw new DataError({
    code: "data/bad-columns",
    message: `${path} has two columns ${quote(repeated)}`,
    place: path,
    value: repeated,
    remedy: "Give each column a name of its own in the first line.",
  });
}
