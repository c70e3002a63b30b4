// Reads posts from a Parquet file: columns id, text, image (a name, the picture's bytes, or a struct with both), caption; or relata's documents.

import { DataError } from "../../base/errors.ts";
import { isFields } from "../../base/fields.ts";
import { sha256 } from "../../base/sha256.ts";
import { type Defect, quote } from "../../data/defects.ts";
import type { JsonObject } from "../../data/document.ts";
import { ExtraFields } from "../../data/extra-fields.ts";
import { MAX_LINE_BYTES } from "../../data/lines.ts";
import type { OffsetUnit } from "../../data/offset-units.ts";
import { jsonCell, parquetLayout, readParquet, readParquetRows } from "../../data/parquet/read-parquet.ts";
import { UnreadFields } from "../../data/unread-fields.ts";
import { fileFingerprint } from "../../encoders/onnx-file.ts";
import {
  faultOf,
  type PostRow,
  type PostSource,
  postFault,
  postOfDocument,
  type RowFault,
} from "./post-rows.ts";

const POST_COLUMNS = ["id", "text", "image", "caption"] as const;

/**
 * Reads the posts of a Parquet file. A table whose column "entities" contains lists, or strings of JSON, is read as documents.
 *
 * @throws DataError the codes of `readParquetRows`; `data/missing-column` without a column "text"
 */
export async function parquetSource(path: string, unit?: OffsetUnit): Promise<PostSource> {
  const { names, lists, index, strings } = await parquetLayout(path);
  const extra = new ExtraFields();
  const shared = {
    place: path,
    counts: "row",
    extra,
    files: [path],
    fingerprint: () => fileFingerprint(path),
  } as const;
  if (lists.includes("entities") || strings.includes("entities")) {
    const said: Defect[] = [];
    const offsets = { defects: () => said.filter(({ code }) => code === "data/offset-units") };
    return { ...shared, offsets, rows: (signal) => documentRows(path, { extra, said, unit }, signal) };
  }
  if (!names.includes("text")) {
    throw new DataError({
      code: "data/missing-column",
      message: `${path} has no column "text"; it has ${names.join(", ")}`,
      place: path,
      value: names,
      remedy: 'Name the column of texts "text".',
    });
  }
  const unread = new UnreadFields();
  const wanted = names.filter((name) => !index.includes(name));
  const others = { extra, unread };
  return {
    ...shared,
    unread,
    rows: (signal) => postRows(path, wanted, others, 1, signal),
    rowsFrom: ({ row }, signal) => postRows(path, wanted, others, row, signal),
  };
}

/** What the user says of the documents, and what was noticed while reading them. */
interface Seen {
  readonly extra: ExtraFields;
  readonly said: Defect[];
  readonly unit: OffsetUnit | undefined;
}

async function* documentRows(
  path: string,
  { extra, said, unit: offsets }: Seen,
  signal: AbortSignal | undefined,
): AsyncGenerator<PostRow> {
  for await (const outcome of readParquet(path, { signal, offsets }, extra)) {
    if (outcome.kind === "accepted") {
      const document = outcome.value;
      yield { row: outcome.line, key: JSON.stringify(document), post: postOfDocument(document) };
    } else if (outcome.kind === "rejected") {
      yield { row: outcome.line, key: "", fault: faultOf(outcome.defects) };
    } else if (outcome.kind === "file") said.push(...outcome.defects);
  }
}

async function* postRows(
  path: string,
  columns: readonly string[],
  others: OtherColumns,
  first: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<PostRow> {
  let row = first - 1;
  for await (const values of readParquetRows(path, columns, { first, ...(signal && { signal }) })) {
    row++;
    const place = `${path}:${row}`;
    const { fields, defects } = sorted(values, others, place);
    if (defects.length > 0) yield { row, key: "", fault: faultOf(defects) };
    else yield rowOf(fields, row, place);
  }
}

interface OtherColumns {
  readonly extra: ExtraFields;
  readonly unread: UnreadFields;
}

const KNOWN = Object.fromEntries([...POST_COLUMNS, "meta"].map((name) => [name, true]));

/** The cells of a post, with those of other columns in its meta; cells that JSON cannot hold are left out and named. */
function sorted(row: Readonly<Record<string, unknown>>, { extra, unread }: OtherColumns, place: string) {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(row)) {
    if (value === null || value === undefined) continue;
    const isOwn = (POST_COLUMNS as readonly string[]).includes(name);
    const cell = isOwn ? value : jsonCell(value);
    const fits = name !== "meta" || isFields(cell);
    if (cell === undefined || !fits) unread.add(name);
    else fields[name] = cell;
  }
  return extra.sort(fields, KNOWN, place);
}

function rowOf(values: Readonly<Record<string, unknown>>, row: number, place: string): PostRow {
  const { text, caption, meta } = values;
  const given = idOf(values.id);
  const id = given ?? String(row);
  const { name, bytes } = pictureOf(values.image);
  const key = JSON.stringify([id, text, name, caption, bytes && sha256(bytes), ...(meta ? [meta] : [])]);
  const rejected = (fault: RowFault) => ({ row, key, id, fault });
  const wrongType = (column: string) =>
    rejected({ code: "data/wrong-type", message: `${place}: ${column} is not a string` });
  if (given === undefined && values.id !== null && values.id !== undefined) {
    const message = `${place}: id is ${quote(values.id)}; it must be a string or a whole number`;
    return { row, key, fault: { code: "data/wrong-type", message } };
  }
  if (text === null || text === undefined) {
    return rejected({ code: "data/missing-field", message: `${place}: text is missing` });
  }
  if (typeof text !== "string") return wrongType("text");
  if (text.length > MAX_LINE_BYTES) {
    const message = `${place}: text has ${text.length} characters; the limit is ${MAX_LINE_BYTES}`;
    return rejected({ code: "data/line-too-long", message });
  }
  if (caption !== null && caption !== undefined && typeof caption !== "string") return wrongType("caption");
  const post = {
    id,
    text,
    ...(name === undefined ? {} : { image: name }),
    ...(bytes === undefined ? {} : { picture: bytes }),
    ...(typeof caption === "string" ? { caption } : {}),
    ...(meta === undefined ? {} : { meta: meta as JsonObject }), // made of cells as JSON
  };
  const fault = postFault(post, place);
  return fault ? rejected(fault) : { row, key, post };
}

/** Returns an id as a string; a number is accepted only if it is whole and exact. */
function idOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "bigint" || Number.isSafeInteger(value) ? String(value) : undefined;
}

/** Reads a picture's name, its bytes, or a struct {bytes, path} as in image data sets. */
function pictureOf(value: unknown): { readonly name?: string; readonly bytes?: Uint8Array } {
  if (typeof value === "string") return { name: value };
  if (value instanceof Uint8Array) return { bytes: value };
  if (typeof value !== "object" || value === null) return {};
  const { bytes, path } = value as { readonly bytes?: unknown; readonly path?: unknown };
  return {
    ...(bytes instanceof Uint8Array ? { bytes } : {}),
    ...(typeof path === "string" ? { name: path } : {}),
  };
}
