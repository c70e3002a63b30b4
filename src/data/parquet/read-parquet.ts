// Reads Parquet: documents from the columns of relata's format, and rows of any table.
import { type Defect, defect, quote } from "../defects.ts";
import { type Document, parseDocument } from "../document.ts";
import { checkLabels, SeenIds } from "../document-checks.ts";
import type { DocumentFormat, ReadDocumentsOptions } from "../document-format.ts";
import { parseJsonLine } from "../jsonl.ts";
import { judgeRow, type Parsed, type RowOutcome } from "../rows.ts";
import { ParquetFile, type ParquetRow } from "./parquet-file.ts";

const COLUMNS = ["id", "text", "image", "entities", "relations", "meta"] as const;
/** Columns that may hold JSON in a string instead of lists and structs. */
const STRUCTURED: ReadonlySet<string> = new Set(["entities", "relations", "meta"]);

/** The names of a Parquet file's top-level columns. @throws DataError as `readParquetRows` does. */
export async function parquetColumns(path: string): Promise<readonly string[]> {
  const file = await ParquetFile.open(path);
  try {
    return file.columns;
  } finally {
    await file.close();
  }
}

/**
 * The rows of any Parquet table with the values of some columns, a row group in memory at a time. A string that is not valid UTF-8 and
 * a binary column come as `Uint8Array`, 64-bit integers as bigint, timestamps as `Date`, missing values as null.
 *
 * @example
 * for await (const { id, text } of readParquetRows("posts.parquet", ["id", "text"])) console.log(id, text);
 *
 * @throws DataError `data/cannot-read`, `data/not-parquet`, `data/broken-parquet`, `data/unsupported-parquet`, `data/missing-column`.
 */
export async function* readParquetRows(
  path: string,
  columns: readonly string[],
  options: { readonly signal?: AbortSignal } = {},
): AsyncGenerator<ParquetRow> {
  const file = await ParquetFile.open(path);
  try {
    for await (const { rows } of file.groups(columns, options.signal)) {
      for (const row of rows) yield Object.fromEntries(columns.map((name) => [name, row[name] ?? null]));
    }
  } finally {
    await file.close();
  }
}

/**
 * The documents of a Parquet file, row by row: columns `id`, `text`, `image`, `entities`, `relations` and `meta`, the last three as
 * nested lists and structs or as strings of JSON; null stands for what is left out. A row's place is `file:row`, counted from 1.
 *
 * @throws DataError as `readParquetRows` does; under "strict" also the code of the first defect of severity "error".
 */
export async function* readParquet(
  path: string,
  options: ReadDocumentsOptions = {},
): AsyncGenerator<RowOutcome<Document>> {
  const file = await ParquetFile.open(path);
  try {
    const columns = COLUMNS.filter((name) => file.columns.includes(name));
    const unknown = file.columns.filter((name) => !(COLUMNS as readonly string[]).includes(name));
    const ids = new SeenIds();
    for await (const { first, rows } of file.groups(columns, options.signal)) {
      for (const [i, row] of rows.entries()) {
        const line = first + i + 1;
        const place = `${path}:${line}`;
        const parsed = checkLabels(parseRow(row, unknown, place), options.relationLabels, place);
        const found = { value: parsed.value, defects: parsed.defects };
        yield judgeRow({ line, lines: 1 }, found, (document) => ids.compare(document, place), options);
      }
    }
  } finally {
    await file.close();
  }
}

/** Parquet, for the registry. */
export const parquetFormat: DocumentFormat = {
  name: "parquet",
  description: "Parquet files with the columns id, text, image, entities, relations and meta",
  read: readParquet,
};

function parseRow(row: ParquetRow, unknown: readonly string[], place: string): Parsed<Document> {
  const defects: Defect[] = unknown.map((name) =>
    defect("data/unknown-field", place, `the table has the unknown column ${quote(name)}`, name),
  );
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(row)) {
    const field = fieldValue(name, value, place, defects);
    if (field !== null) fields[name] = field;
  }
  if (defects.length > 0) return { defects };
  return parseDocument(fields, place);
}

/** A column's value as JSON has it; null for what is left out. */
function fieldValue(name: string, value: unknown, place: string, defects: Defect[]): unknown {
  if (value === null || value === undefined) return null;
  const plain = plainValue(value);
  if (plain instanceof Uint8Array) {
    const start = Buffer.from(plain.subarray(0, 8)).toString("hex");
    defects.push(defect("data/invalid-utf8", place, `${name} is not valid UTF-8 (${start})`, start));
    return null;
  }
  if (!STRUCTURED.has(name)) return plain;
  if (typeof plain === "string") {
    const json = parseJsonLine(plain, place);
    defects.push(...json.defects);
    return json.value ?? null;
  }
  return name === "meta" ? plain : withoutNulls(plain);
}

/** Parquet's integers as numbers where they fit, its bytes as text where they are, in lists and structs too. */
function plainValue(value: unknown): unknown {
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
  if (value instanceof Uint8Array) {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(value);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      return value;
    }
  }
  if (value === undefined) return null;
  if (Array.isArray(value)) return value.map(plainValue);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plainValue(inner)]));
}

/** A list of structs without the fields that are null: a column of structs has every field in every row. */
function withoutNulls(list: unknown): unknown {
  if (!Array.isArray(list)) return list;
  return list.map((item) =>
    typeof item === "object" && item !== null
      ? Object.fromEntries(Object.entries(item).filter(([, inner]) => inner !== null))
      : item,
  );
}
