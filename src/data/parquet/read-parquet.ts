// Reads Parquet: documents from the columns of relata's format, and rows of any table.
import { basename, extname } from "node:path";
import { type Defect, defect } from "../defects.ts";
import type { Document } from "../document.ts";
import { checkLabels, SeenIds } from "../document-checks.ts";
import type { DocumentFormat, ReadDocumentsOptions } from "../document-format.ts";
import { ExtraFields } from "../extra-fields.ts";
import { IndexColumns } from "../index-columns.ts";
import { IndexSurvey } from "../index-survey.ts";
import { parseJsonLine } from "../jsonl.ts";
import { MAX_LINE_BYTES } from "../lines.ts";
import { OffsetSurvey } from "../offset-survey.ts";
import { type ParseDocumentOptions, parseDocument } from "../parse-document.ts";
import { judgeRow, type Parsed, type RowOutcome, weighDefects } from "../rows.ts";
import { corpusOf, readCorpusTable } from "./corpus-table.ts";
import { labelNaming, rowsOfColumns } from "./features.ts";
import { ParquetFile, type ParquetRow } from "./parquet-file.ts";
import { plainValue, sizeDefects, withPictureName } from "./values.ts";

const COLUMNS = ["id", "text", "image", "entities", "relations", "category", "meta"] as const;
/** Columns that may contain JSON strings instead of lists and structs. */
const STRUCTURED: ReadonlySet<string> = new Set(["entities", "relations", "meta"]);

/** The names of a Parquet file's top-level columns. @throws DataError as `readParquetRows`. */
export async function parquetColumns(path: string): Promise<readonly string[]> {
  return (await parquetLayout(path)).names;
}

/** The top-level columns of a Parquet file by kind of content. @throws DataError as `readParquetRows`. */
export async function parquetLayout(path: string): Promise<ParquetLayout> {
  const file = await ParquetFile.open(path);
  try {
    const { columns: names, listColumns: lists, stringColumns: strings, indexColumns: index } = file;
    return { names, lists, strings, index };
  } finally {
    await file.close();
  }
}

interface ParquetLayout {
  readonly names: readonly string[];
  readonly lists: readonly string[];
  /** Columns of text, or of bytes. */
  readonly strings: readonly string[];
  /** Row numbers that pandas and similar tools add. */
  readonly index: readonly string[];
}

/**
 * Reads the rows of any Parquet table with the values of some columns, one row group in memory at a time. Invalid UTF-8 strings and binary
 * columns are `Uint8Array`, 64-bit integers are bigint, timestamps are `Date`, missing values are null. `first` is the first row to read,
 * counted from 1.
 *
 * @throws DataError `data/cannot-read`, `data/not-parquet`, `data/broken-parquet`, `data/unsupported-parquet`, `data/missing-column`.
 * @example
 * import { readParquetRows } from "relata/data";
 *
 * for await (const { id, text } of readParquetRows("posts.parquet", ["id", "text"])) console.log(id, text);
 */
export async function* readParquetRows(
  path: string,
  columns: readonly string[],
  options: { readonly signal?: AbortSignal; readonly first?: number } = {},
): AsyncGenerator<ParquetRow> {
  const { signal, first: wanted = 1 } = options;
  const file = await ParquetFile.open(path);
  try {
    for await (const { first, rows } of file.groups(columns, signal, wanted - 1)) {
      for (const row of rows.slice(Math.max(0, wanted - 1 - first)))
        yield Object.fromEntries(columns.map((name) => [name, row[name] ?? null]));
    }
  } finally {
    await file.close();
  }
}

/**
 * Reads the documents of a Parquet file, row by row: columns `id`, `text`, `image`, `entities`, `relations`, `category` and `meta`; entities,
 * relations and meta as nested lists and structs or as JSON strings; null means absent. A table with texts and their `label` alone, as of a
 * classification data set of Hugging Face, has categories: its rows are named by their number unless it has ids, and the numbers of a
 * ClassLabel become their names. A table of tokens (`tokens` and `ner_tags`, or the columns of SpERT, DyGIE++
 * or TACRED) is read as that corpus. A row's place is `file:row`, counted from 1.
 *
 * @param extra receives the names of columns that documents do not have; they are kept in meta
 * @throws DataError as `readParquetRows`; under "strict" also the code of the first defect of severity "error".
 */
export async function* readParquet(
  path: string,
  options: ReadDocumentsOptions = {},
  extra = new ExtraFields(),
): AsyncGenerator<RowOutcome<Document>> {
  const file = await ParquetFile.open(path);
  try {
    const corpus = await corpusOf(file, options);
    if (corpus !== undefined) {
      yield* readCorpusTable(file, path, corpus, options);
      return;
    }
    const isKnown = (name: string) => (COLUMNS as readonly string[]).includes(name);
    const index = file.indexColumns.filter((name) => !isKnown(name));
    const columns = file.columns.filter((name) => !index.includes(name));
    const bytesLeft = new Set<string>();
    const ids = new SeenIds();
    const { offsets, maxLineBytes = MAX_LINE_BYTES, savePicture } = options;
    const indexColumns = new IndexColumns(path);
    const survey = new OffsetSurvey(path, offsets ?? "utf-16", "other");
    const indices = new IndexSurvey(path, "other");
    const parsing = { offsets, survey, indices, extra };
    const classified = classifiedRows(file, path);
    const named = namedMentions(file);
    for await (const { first, rows } of file.groups(columns, options.signal)) {
      for (const [i, raw] of rows.entries()) {
        const line = first + i + 1;
        const row = classified(named(raw), line);
        const place = `${path}:${line}`;
        for (const name of index) indexColumns.leaveOut(name, place);
        const pictured = await withPictureName(row, place, { savePicture });
        const read = parseRow(withoutBytes(pictured.row, bytesLeft), place, parsing, maxLineBytes);
        const parsed = checkLabels(read, options, place);
        const found = { ...parsed, defects: [...pictured.defects, ...parsed.defects] };
        yield judgeRow({ line, lines: 1 }, found, (document) => ids.compare(document, place), options);
      }
    }
    const defects = [
      ...indexColumns.defects(),
      ...survey.defects(),
      ...indices.defects(),
      ...extra.defects(),
      ...(bytesLeft.size > 0
        ? [defect("data/unread-field", path, `columns of bytes are left out: ${[...bytesLeft].join(", ")}`)]
        : []),
    ];
    if (defects.length > 0) yield { kind: "file", defects: weighDefects(defects, options) };
  } finally {
    await file.close();
  }
}

/**
 * Makes lists of the entities and relations of a row, where they are structs of lists, and gives them the names of their labels, where the
 * file has numbers and says which they are.
 */
function namedMentions(file: ParquetFile): (row: ParquetRow) => ParquetRow {
  const naming = labelNaming(file.keyValue("huggingface"));
  const columns = ["entities", "relations"].filter((name) => file.columns.includes(name));
  return (row) => ({
    ...row,
    ...Object.fromEntries(
      columns.map((name) => {
        const cell = plainValue(row[name]);
        const named = naming.get(name);
        return [name, rowsOfColumns(named === undefined ? cell : named(cell))];
      }),
    ),
  });
}

/** How to make a row with a label of its text, or a number for its category, a row with a named category. */
function classifiedRows(file: ParquetFile, path: string): (row: ParquetRow, line: number) => ParquetRow {
  const has = (name: string) => file.columns.includes(name);
  const isClassified =
    has("text") && has("label") && !has("category") && !has("entities") && !has("relations");
  const column = isClassified ? "label" : "category";
  if (!has(column)) return (row) => row;
  const naming = labelNaming(file.keyValue("huggingface")).get(column) ?? ((value: unknown) => value);
  const stem = basename(path, extname(path));
  return (row, line) => {
    const { [column]: label, ...rest } = row;
    const named = naming(plainValue(label));
    return {
      ...(isClassified && !has("id") ? { id: `${stem}-${line}` } : {}),
      ...rest,
      category: typeof named === "bigint" ? String(named) : named,
    };
  };
}

/** Parquet, for the registry. */
export const parquetFormat: DocumentFormat = {
  name: "parquet",
  description: "Parquet files with the columns id, text, image, entities, relations, category and meta",
  offsets: "utf-16",
  recognises: ({ head }) => Buffer.from(head.subarray(0, 4)).toString("latin1") === "PAR1",
  read: (path, options) => readParquet(path, options),
};

/** A row with the values of unknown columns as JSON; columns with bytes, which JSON cannot hold, are left out and named. */
function withoutBytes(row: ParquetRow, left: Set<string>): ParquetRow {
  return Object.fromEntries(
    Object.entries(row).flatMap(([name, value]) => {
      if ((COLUMNS as readonly string[]).includes(name)) return [[name, value]];
      const json = jsonCell(value);
      if (json === undefined) left.add(name);
      return json === undefined ? [] : [[name, json]];
    }),
  );
}

/** A cell as JSON, dates and large integers as strings; undefined if it holds bytes. */
export function jsonCell(value: unknown): unknown {
  return jsonValue(plainValue(value));
}

function jsonValue(value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (value instanceof Uint8Array) return undefined;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) {
    const items = value.map(jsonValue);
    return items.includes(undefined) ? undefined : items;
  }
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, jsonValue(inner)] as const);
  return entries.some(([, inner]) => inner === undefined) ? undefined : Object.fromEntries(entries);
}

function parseRow(
  row: ParquetRow,
  place: string,
  options: ParseDocumentOptions,
  maxBytes: number,
): Parsed<Document> {
  const defects: Defect[] = [];
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(row)) {
    fields[name] = name === "image" ? plainValue(value) : fieldValue(name, value, place, defects);
  }
  for (const [name, value] of Object.entries(row)) defects.push(...sizeDefects(name, value, place, maxBytes));
  if (defects.length > 0) return { defects };
  return parseDocument(fields, place, options);
}

/** A column's value as JSON; null if absent. */
function fieldValue(name: string, value: unknown, place: string, defects: Defect[]): unknown {
  if (value === null || value === undefined) return null;
  const plain = plainValue(value);
  if (plain instanceof Uint8Array) {
    const start = Buffer.from(plain.subarray(0, 8)).toString("hex");
    defects.push(defect("data/invalid-utf8", place, `${name} is not valid UTF-8 (${start})`, start));
    return null;
  }
  if (name === "id" && (typeof plain === "bigint" || Number.isSafeInteger(plain))) return String(plain);
  if (!STRUCTURED.has(name)) return plain;
  if (typeof plain === "string") {
    const json = parseJsonLine(plain, place);
    defects.push(...json.defects);
    return json.value ?? null;
  }
  return plain;
}
