// Posts from a Parquet file: columns id, text, image (a name, the picture's bytes, or both in a struct), caption; or relata's documents.
import { createHash } from "node:crypto";
import { parquetColumns, readParquet, readParquetRows } from "../../../data/index.ts";
import { fileFingerprint } from "../../../encoders/onnx-file.ts";
import { DataError } from "../../../errors.ts";
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
 * The posts of a Parquet file, and the names of the columns that are not read. A table with a column "entities" is read as documents.
 *
 * @throws DataError the codes of `readParquetRows`; `data/missing-column` without a column "text"
 */
export async function parquetSource(
  path: string,
): Promise<{ readonly source: PostSource; readonly unread: readonly string[] }> {
  const columns = await parquetColumns(path);
  const fingerprint = () => fileFingerprint(path);
  const shared = { place: path, counts: "row", files: [path], fingerprint } as const;
  if (columns.includes("entities")) {
    return { source: { ...shared, rows: (signal) => documentRows(path, signal) }, unread: [] };
  }
  if (!columns.includes("text")) {
    throw new DataError({
      code: "data/missing-column",
      message: `extract: ${path} has no column "text"; it has ${columns.join(", ")}`,
      place: path,
      value: columns,
      remedy: 'Name the column of texts "text".',
    });
  }
  const wanted = POST_COLUMNS.filter((name) => columns.includes(name));
  return {
    source: { ...shared, rows: (signal) => postRows(path, wanted, signal) },
    unread: columns.filter((name) => !(POST_COLUMNS as readonly string[]).includes(name)),
  };
}

async function* documentRows(path: string, signal: AbortSignal | undefined): AsyncGenerator<PostRow> {
  for await (const outcome of readParquet(path, signal ? { signal } : {})) {
    if (outcome.kind === "accepted") {
      const document = outcome.value;
      yield { row: outcome.line, key: JSON.stringify(document), post: postOfDocument(document) };
    } else if (outcome.kind === "rejected") {
      yield { row: outcome.line, key: "", fault: faultOf(outcome.defects) };
    }
  }
}

async function* postRows(
  path: string,
  columns: readonly string[],
  signal: AbortSignal | undefined,
): AsyncGenerator<PostRow> {
  let row = 0;
  for await (const values of readParquetRows(path, columns, signal ? { signal } : {})) {
    row++;
    yield rowOf(values, row, `${path}:${row}`);
  }
}

function rowOf(values: Readonly<Record<string, unknown>>, row: number, place: string): PostRow {
  const { text, caption } = values;
  const id = values.id === null || values.id === undefined ? String(row) : String(values.id);
  const { name, bytes } = pictureOf(values.image);
  const key = JSON.stringify([
    id,
    text,
    name,
    caption,
    bytes && createHash("sha256").update(bytes).digest("hex"),
  ]);
  const rejected = (fault: RowFault) => ({ row, key, id, fault });
  const wrongType = (column: string) =>
    rejected({ code: "data/wrong-type", message: `${place}: ${column} is no string` });
  if (text === null || text === undefined) {
    return rejected({ code: "data/missing-field", message: `${place}: text is missing` });
  }
  if (typeof text !== "string") return wrongType("text");
  if (caption !== null && caption !== undefined && typeof caption !== "string") return wrongType("caption");
  const post = {
    id,
    text,
    ...(name === undefined ? {} : { image: name }),
    ...(bytes === undefined ? {} : { picture: bytes }),
    ...(typeof caption === "string" ? { caption } : {}),
  };
  const fault = postFault(post, place);
  return fault ? rejected(fault) : { row, key, post };
}

/** A picture's name, its bytes, or a struct {bytes, path} as image data sets have it. */
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
