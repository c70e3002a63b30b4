// A Parquet file's footer: the positions of its row groups and columns, checked before hyparquet parses it.

import type { FileHandle } from "node:fs/promises";
import type { FileMetaData, SchemaElement, SchemaTree } from "hyparquet";
import { counted } from "../../base/counted.ts";
import { DataError } from "../../base/errors.ts";
import { quote } from "../defects.ts";
import { binaryKind, HEAD_BYTES, textKind } from "../file-kind.ts";
import { readAt } from "../positioned-file.ts";
import { Malformed, Unsupported } from "./malformed.ts";
import { MAX_ROWS } from "./pages.ts";
import { readThriftStruct } from "./thrift.ts";

const MAGIC = "PAR1";
const TAIL_BYTES = 8; // the footer's length and the magic number
const MAX_FOOTER_BYTES = 64 * 1024 * 1024; // a footer describes columns and row groups; 10,000 groups of ten columns take 20 MB
/** A leaf column of the schema. */
export interface Leaf {
  readonly path: readonly string[];
  readonly element: SchemaElement;
  readonly maxRepetition: number;
  readonly maxDefinition: number;
}

/** The content of a footer. */
export interface Footer {
  readonly metadata: FileMetaData;
  /** Names of the top-level columns. */
  readonly columns: readonly string[];
  readonly leaves: readonly Leaf[];
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Leaves strings unchanged: hyparquet's parsers would drop a byte order mark and replace invalid UTF-8 by U+FFFD. JSON stays a string. */
export const PARSERS = { stringFromBytes: textOrBytes, jsonFromBytes: textOrBytes };

function textOrBytes(bytes: Uint8Array | undefined): string | Uint8Array | undefined {
  if (bytes === undefined) return undefined;
  try {
    return utf8.decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return bytes;
  }
}

/** @throws Malformed, Unsupported; DataError `data/not-parquet`. */
export async function readFooter(file: FileHandle, size: number, path: string): Promise<Footer> {
  const head = await readAt(file, 0, MAGIC.length);
  const tail = await readAt(file, Math.max(size - TAIL_BYTES, 0), TAIL_BYTES);
  const isParquet =
    size >= MAGIC.length + TAIL_BYTES &&
    head.toString("latin1") === MAGIC &&
    tail.toString("latin1", 4) === MAGIC;
  if (!isParquet) throw notParquet(path, size, await readAt(file, 0, HEAD_BYTES));
  const length = tail.readUInt32LE(0);
  if (length > size - TAIL_BYTES - MAGIC.length) throw new Malformed(`the footer claims ${length} bytes`);
  if (length > MAX_FOOTER_BYTES)
    throw new Malformed(`the footer has ${length} bytes; the limit is ${MAX_FOOTER_BYTES}`);
  const footer = await readAt(file, size - TAIL_BYTES - length, length + TAIL_BYTES);
  const { end } = readThriftStruct(footer.subarray(0, length));
  if (end !== length) throw new Malformed(`the footer ends ${counted(length - end, "byte")} early`);
  const { parquetMetadata, parquetSchema } = await import("hyparquet");
  const metadata = parquetMetadata(footer, { parsers: PARSERS, geoparquet: false });
  let rows = 0n;
  for (const { num_rows } of metadata.row_groups) {
    if (num_rows < 0n) throw new Malformed("a row group claims a negative number of rows");
    if (num_rows > MAX_ROWS) {
      throw new Unsupported(
        `a row group has ${num_rows} rows; the limit is ${MAX_ROWS}`,
        "Write smaller row groups.",
      );
    }
    rows += num_rows;
  }
  if (rows !== metadata.num_rows)
    throw new Malformed(`the row groups have ${rows} rows, but the file has ${metadata.num_rows}`);
  const tree = parquetSchema(metadata);
  const columns = tree.children.map(({ element }) => element.name);
  const repeated = columns.find((name, i) => columns.indexOf(name) !== i);
  if (repeated !== undefined) throw new Malformed(`two columns are named ${quote(repeated)}`);
  return { metadata, columns, leaves: leavesOf(tree) };
}

function leavesOf(tree: SchemaTree): Leaf[] {
  const leaves: Leaf[] = [];
  const visit = (node: SchemaTree, maxRepetition: number, maxDefinition: number) => {
    const { repetition_type: kind } = node.element;
    const repetition = maxRepetition + (kind === "REPEATED" ? 1 : 0);
    const definition = maxDefinition + (kind === "REQUIRED" ? 0 : 1);
    if (node.children.length === 0) {
      leaves.push({
        path: node.path,
        element: node.element,
        maxRepetition: repetition,
        maxDefinition: definition,
      });
    }
    for (const child of node.children) visit(child, repetition, definition);
  };
  for (const child of tree.children) visit(child, 0, 0);
  return leaves;
}

function notParquet(path: string, size: number, head: Buffer): DataError {
  const begins = head.subarray(0, MAGIC.length).toString("latin1") === MAGIC;
  const kind = begins ? undefined : (binaryKind(head) ?? textKind(head));
  const is = kind === undefined ? "" : `; it is ${kind.what}`;
  return new DataError({
    code: "data/not-parquet",
    message: `${path} (${size} bytes) does not begin and end with ${MAGIC}${is}`,
    place: path,
    value: path,
    remedy: kind?.remedy ?? "Check that the file is Parquet, is not encrypted and was copied completely.",
  });
}
