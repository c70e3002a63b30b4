// Reads tables of texts and annotations: CSV and TSV, or JSON rows without a structure of their own.
import { basename, extname } from "node:path";
import { counted } from "../../base/counted.ts";
import { DataError } from "../../base/errors.ts";
import { comparableText } from "../comparable-text.ts";
import { type Defect, defect, quote } from "../defects.ts";
import type { Document } from "../document.ts";
import { checkLabels, SeenIds } from "../document-checks.ts";
import type { DocumentFormat, ReadDocumentsOptions } from "../document-format.ts";
import { sampleFile } from "../file-sample.ts";
import { isIndexName } from "../index-columns.ts";
import { parseJsonLine } from "../jsonl.ts";
import { NoneNames } from "../none-label.ts";
import { OffsetSurvey } from "../offset-survey.ts";
import { judgeRow, type ParsedRow, type RowOutcome, readRows, weighDefects } from "../rows.ts";
import { UnreadFields } from "../unread-fields.ts";
import { looksAnnotated, mapColumns, type TableMapping } from "./columns.ts";
import { csvRecords } from "./csv.ts";
import { roleText, type TableContext, TableDocument, type TableRow } from "./table-document.ts";
import { decodeTable, readTableText, tableText } from "./table-text.ts";

/** Tables, for the registry. */
export const tableFormat: DocumentFormat = {
  name: "table",
  description: "CSV, TSV or flat JSON: a row for each document, mention or relation (docs/importing.md)",
  offsets: "utf-16",
  options: ["columns", "entityColumns", "textField", "imageField"],
  recognises: ({ path, head, values: [first] }) =>
    // A table of this name whose columns are not known is still a table: its reader says what to name.
    (first === undefined && /\.(?:csv|tsv)$/i.test(path) && headerOf(head).length > 1) ||
    looksAnnotated(first === undefined ? headerOf(head) : fieldNames(first)),
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
  const table = new Table(path, names, options);
  let quotes = 0;
  for (const { line: own, lines, cells, hasStrayQuote } of records) {
    options.signal?.throwIfAborted();
    const line = own + skipped;
    if (cells.every((cell) => cell.trim() === "")) {
      for (let at = line; at < line + lines; at++) yield { kind: "blank", line: at, defects: [] };
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
    table.add({ line, lines, cells: Object.fromEntries(names.map((name, i) => [name, cells[i]])) });
  }
  if (quotes > 0) {
    const message = `${counted(quotes, "row has", "rows have")} a quote at the beginning of a cell that is not quoted: it is read as part of the cell`;
    yield {
      kind: "file",
      defects: weighDefects([defect("data/stray-quote", path, message, quotes)], options),
    };
  }
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

/** All rows of a table, and the documents that they make. */
class Table {
  readonly #path: string;
  readonly #options: ReadDocumentsOptions;
  readonly #mapping: TableMapping;
  readonly #context: TableContext;
  readonly #rows: TableRow[] = [];
  readonly #ids = new SeenIds();
  readonly #none: NoneNames;
  readonly #varying = new UnreadFields();
  #numbersRows = false;

  constructor(path: string, names: readonly string[], options: ReadDocumentsOptions) {
    const { columns = {}, entityColumns, textField, imageField, offsets = "utf-16" } = options;
    const named = {
      ...(textField !== undefined && { text: textField }),
      ...(imageField !== undefined && { image: imageField }),
      ...columns,
    };
    this.#path = path;
    this.#options = options;
    this.#mapping = mapColumns(names, { columns: named, entityColumns }, path);
    this.#context = { path, mapping: this.#mapping, offsets, survey: new OffsetSurvey(path, offsets) };
    this.#none = new NoneNames(path, options.noneLabel);
  }

  add(row: TableRow): void {
    this.#rows.push(row);
  }

  compare(document: Document, place: string): readonly Defect[] {
    return this.#ids.compare(document, place);
  }

  /** The documents of the rows, and the rows that are rejected. */
  *rows(): Generator<ParsedRow<Document>> {
    const roles = new Set([
      ...Object.values(this.#mapping.columns),
      ...this.#mapping.mentions.map(({ column }) => column),
    ]);
    const names = new Set(this.#rows.flatMap(({ cells }) => Object.keys(cells)));
    const others = [...names].filter((name) => !roles.has(name) && !isIndexName(name));
    const cell = (row: TableRow, role: "id" | "text" | "image") => roleText(row, this.#mapping, role);
    this.#numbersRows = this.#idsNumberRows();
    const stem = basename(this.#path, extname(this.#path));
    const documents = new Map<string, TableDocument>();
    for (const row of this.#rows) {
      const { line, lines } = row;
      const place = `${this.#path}:${line}`;
      const text = cell(row, "text");
      const id = cell(row, "id");
      const byText = id === "" || this.#numbersRows;
      const key = byText ? `text ${text}\n${cell(row, "image")}` : `id ${id}`;
      let document = documents.get(key);
      const fault =
        text === ""
          ? defect("data/empty-text", place, "the row has no text", text)
          : document !== undefined && document.text !== text
            ? defect(
                "data/conflicting-text",
                place,
                `the text of ${quote(id)} is not the one at ${document.place}`,
                text,
              )
            : undefined;
      if (fault === undefined) {
        document ??= new TableDocument(this.#context, id || `${stem}-${documents.size}`, text, row);
        const faults = document.add(row, others);
        if (faults.length === 0) {
          documents.set(key, document);
          continue;
        }
        yield { line, lines, defects: faults, found: foundIn(row, this.#mapping) };
      } else yield { line, lines, defects: [fault], found: foundIn(row, this.#mapping) };
    }
    for (const document of documents.values()) {
      for (const name of document.varying) this.#varying.add(name);
      const parsed = document.finish();
      const value = this.#none.rename(parsed.value);
      yield { ...parsed, ...checkLabels({ ...parsed, value }, this.#options, document.place) };
    }
  }

  /** What was decided for the whole file. */
  notes(): readonly Defect[] {
    const { columns, guessed } = this.#mapping;
    const varying = this.#varying.describe();
    const shown = guessed.map((role) => `${role}=${columns[role]}`).join(" ");
    const { head, tail, mention, start, category } = columns;
    const isBare =
      this.#mapping.mentions.length === 0 &&
      [head, tail, mention, start, category].every((column) => column === undefined);
    const bare =
      "no column has mentions, so there are no entities: name it with --columns or --entity-columns";
    return [
      ...(guessed.length > 0
        ? [
            defect(
              "data/guessed-columns",
              this.#path,
              `columns were guessed from their names: ${shown}`,
              columns,
            ),
          ]
        : []),
      ...(isBare ? [defect("data/no-mention-columns", this.#path, bare)] : []),
      ...(this.#numbersRows
        ? [
            defect(
              "data/row-ids",
              this.#path,
              `${quote(columns.id)} numbers the rows, not the texts: rows with the same text are one document`,
            ),
          ]
        : []),
      ...(varying === undefined
        ? []
        : [
            defect(
              "data/unread-field",
              this.#path,
              `columns that differ between the rows of a document are not kept: ${varying}`,
            ),
          ]),
      ...this.#context.survey.defects(),
      ...this.#none.defects(),
    ];
  }

  /** Whether every row has an id of its own although texts are repeated, in a table of mentions or relations. */
  #idsNumberRows(): boolean {
    const { head, tail, mention, start } = this.#mapping.columns;
    if (head === undefined && tail === undefined && mention === undefined && start === undefined)
      return false;
    const ids = this.#rows.map((row) => roleText(row, this.#mapping, "id"));
    if (ids.includes("") || new Set(ids).size < ids.length) return false;
    const texts = this.#rows.map((row) => comparableText(roleText(row, this.#mapping, "text")));
    return new Set(texts).size < texts.length;
  }
}

/** The annotations of a row that is rejected. */
function foundIn(row: TableRow, mapping: TableMapping) {
  const has = (role: "head" | "tail" | "mention" | "relation") =>
    roleText(row, mapping, role) === "" ? 0 : 1;
  return { entities: has("head") + has("tail") + has("mention"), relations: has("relation") };
}
