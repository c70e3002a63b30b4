// Opens a Parquet file and reads its rows, one row group in memory at a time. hyparquet decodes after we have checked what it trusts.
import type { FileHandle } from "node:fs/promises";
import type { AsyncBuffer, ColumnChunk } from "hyparquet";
import { DataError } from "../../base/errors.ts";
import { openRegularFile } from "../../base/regular-file.ts";
import { quote } from "../defects.ts";
import { isIndexName, pandasIndexColumns } from "../index-columns.ts";
import { cannotRead, cannotReadFile } from "../lines.ts";
import { readAt } from "../positioned-file.ts";
import { DECOMPRESSORS } from "./compression.ts";
import { type Footer, type Leaf, PARSERS, readFooter } from "./footer.ts";
import { Malformed, Unsupported } from "./malformed.ts";
import { checkColumnPages, MAX_VALUES } from "./pages.ts";

/** A row: column names to values. */
export type ParquetRow = Record<string, unknown>;

const MAX_GROUP_BYTES = 2 * 1024 * 1024 * 1024; // uncompressed, of the columns that are read: a row group must fit in memory

const SLACK_BYTES = 1024 * 1024;

/** The rows of one group; `first` is the index of its first row in the file. */
interface RowGroupRows {
  readonly first: number;
  readonly rows: readonly ParquetRow[];
}

/** An open Parquet file. */
export class ParquetFile {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #size: number;
  readonly #footer: Footer;

  private constructor(path: string, file: FileHandle, size: number, footer: Footer) {
    this.#path = path;
    this.#file = file;
    this.#size = size;
    this.#footer = footer;
  }

  /** Names of the top-level columns. */
  get columns(): readonly string[] {
    return this.#footer.columns;
  }

  /** Top-level columns of lists. */
  get listColumns(): readonly string[] {
    return this.columns.filter((name) =>
      this.#footer.leaves.some(({ path, maxRepetition }) => path[0] === name && maxRepetition > 0),
    );
  }

  /** Top-level columns of text or bytes. */
  get stringColumns(): readonly string[] {
    return this.columns.filter((name) =>
      this.#footer.leaves.some(
        ({ path, element }) => path.length === 1 && path[0] === name && element.type === "BYTE_ARRAY",
      ),
    );
  }

  /** Top-level columns that pandas declares as the table's index, or that have the name of one. */
  get indexColumns(): readonly string[] {
    const named = pandasIndexColumns(this.keyValue("pandas"));
    return this.columns.filter((name) => named.includes(name) || isIndexName(name));
  }

  /** What a program recorded in the footer under a key. */
  keyValue(name: string): string | undefined {
    return this.#footer.metadata.key_value_metadata?.find(({ key }) => key === name)?.value;
  }

  /** @throws DataError `data/cannot-read`, `data/not-parquet`, `data/broken-parquet`. */
  static async open(path: string): Promise<ParquetFile> {
    const file = await openRegularFile(path, cannotReadFile(path));
    try {
      return await coded(path, "its footer", async () => {
        const { size } = await file.stat();
        return new ParquetFile(path, file, size, await readFooter(file, size, path));
      });
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /**
   * The rows of all groups with the values of `columns`. Strings that are not valid UTF-8 and untyped binary columns are bytes,
   * 64-bit integers are bigint, timestamps are Date, missing values are null. Groups that end before row `from`, counted from 0, are not read.
   *
   * @throws DataError `data/missing-column`, `data/broken-parquet`, `data/unsupported-parquet`, `data/cannot-read`.
   */
  async *groups(columns: readonly string[], signal?: AbortSignal, from = 0): AsyncGenerator<RowGroupRows> {
    const missing = columns.find((name) => !this.columns.includes(name));
    if (missing !== undefined) throw missingColumn(this.#path, missing, this.columns);
    let first = 0;
    for (const [i, group] of this.#footer.metadata.row_groups.entries()) {
      signal?.throwIfAborted();
      const count = Number(group.num_rows);
      if (count === 0) continue;
      if (first + count <= from) {
        first += count;
        continue;
      }
      const place = `row group ${i} (rows ${first + 1} to ${first + count})`;
      const rows =
        columns.length === 0
          ? Array.from({ length: count }, () => ({}))
          : await coded(this.#path, place, () => this.#readGroup(group.columns, columns, first, count));
      yield { first, rows };
      first += count;
    }
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #readGroup(
    chunks: readonly ColumnChunk[],
    columns: readonly string[],
    first: number,
    count: number,
  ): Promise<readonly ParquetRow[]> {
    const leaves = this.#footer.leaves.filter(({ path }) => columns.includes(path[0] ?? ""));
    let bytes = 0;
    for (const leaf of leaves) {
      const name = leaf.path.join(".");
      const own = chunks.filter(({ meta_data }) => meta_data?.path_in_schema.join(".") === name);
      const [chunk] = own;
      if (own.length !== 1 || chunk?.meta_data === undefined || chunk.file_path !== undefined) {
        throw new Malformed(`the group does not have the column ${quote(name)} exactly once`);
      }
      bytes += Number(chunk.meta_data.total_uncompressed_size);
      if (bytes > MAX_GROUP_BYTES) {
        throw new Unsupported(
          `the group has more than ${MAX_GROUP_BYTES} bytes`,
          "Write smaller row groups.",
        );
      }
      await this.#checkChunk(leaf, chunk.meta_data, count);
    }
    const { parquetReadObjects } = await import("hyparquet");
    const rows: readonly ParquetRow[] = await parquetReadObjects({
      file: this.#buffer(),
      metadata: this.#footer.metadata,
      columns: [...columns],
      rowStart: first,
      rowEnd: first + count,
      compressors: DECOMPRESSORS,
      parsers: PARSERS,
      utf8: false,
      geoparquet: false,
    });
    if (rows.length !== count) throw new Malformed(`it has ${rows.length} rows`);
    return rows;
  }

  /** Compares the pages of a column with the footer. */
  async #checkChunk(leaf: Leaf, chunk: NonNullable<ColumnChunk["meta_data"]>, rows: number): Promise<void> {
    refuseType(leaf);
    const start = Number(chunk.dictionary_page_offset || chunk.data_page_offset);
    const size = Number(chunk.total_compressed_size);
    const values = Number(chunk.num_values);
    if (!(start >= 0 && size >= 0 && start + size <= this.#size)) {
      throw new Malformed(`the column ${quote(leaf.path.join("."))} reaches outside the file`);
    }
    if (chunk.type !== leaf.element.type) throw new Malformed("a column has two types");
    if (!(values >= 0)) throw new Malformed("a column claims a negative number of values");
    if (values > MAX_VALUES) {
      throw new Unsupported(
        `a column has ${values} values; the limit is ${MAX_VALUES}`,
        "Write smaller row groups.",
      );
    }
    checkColumnPages(await readAt(this.#file, start, size), {
      codec: chunk.codec,
      isBoolean: chunk.type === "BOOLEAN",
      maxRepetition: leaf.maxRepetition,
      maxDefinition: leaf.maxDefinition,
      values,
      rows,
      // Some writers do not count page headers in the sum.
      maxBytes: Math.min(2 * Number(chunk.total_uncompressed_size) + SLACK_BYTES, MAX_GROUP_BYTES),
    });
  }

  #buffer(): AsyncBuffer {
    return {
      byteLength: this.#size,
      slice: (start, end = this.#size) => this.#slice(start, end),
    };
  }

  async #slice(start: number, end: number): Promise<ArrayBuffer> {
    if (!(start >= 0 && start <= end && end <= this.#size))
      throw new Malformed("a part reaches outside the file");
    const bytes = await readAt(this.#file, start, end - start);
    if (bytes.length !== end - start) throw new Malformed("the file became shorter while it was read");
    return bytes.buffer as ArrayBuffer; // buffers from readAt start at byte 0 and are not shared
  }
}

const MAX_DECIMAL_BYTES = 32; // Parquet's widest decimal of 76 digits

/** Types whose decoding these checks do not bound. */
function refuseType({ path, element }: Leaf): void {
  const { logical_type, converted_type, type, type_length = 0 } = element;
  const logical = logical_type?.type;
  const wideDecimal =
    converted_type === "DECIMAL" &&
    (type === "BYTE_ARRAY" || (type === "FIXED_LEN_BYTE_ARRAY" && type_length > MAX_DECIMAL_BYTES));
  if (wideDecimal || logical === "VARIANT" || logical === "GEOMETRY" || logical === "GEOGRAPHY") {
    throw new Unsupported(
      `the column ${quote(path.join("."))} has the type ${logical ?? converted_type}`,
      "Write the column as a string.",
    );
  }
}

/** Runs a part of the reading; its errors get the code of a broken file. */
async function coded<T>(path: string, part: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof DataError) throw error;
    if (error instanceof Error && "syscall" in error) throw cannotRead(path, error);
    const unsupported = error instanceof Unsupported;
    const reason = error instanceof Error ? error.message : String(error);
    throw new DataError({
      code: unsupported ? "data/unsupported-parquet" : "data/broken-parquet",
      message: `${path}: ${part} ${unsupported ? "cannot be read here" : "is damaged"}: ${reason}`,
      place: path,
      value: part,
      remedy: unsupported ? error.remedy : "Write or download the file again.",
      cause: error,
    });
  }
}

function missingColumn(path: string, name: string, columns: readonly string[]): DataError {
  return new DataError({
    code: "data/missing-column",
    message: `${path} has no column ${quote(name)}; it has ${columns.map(quote).join(", ")}`,
    place: path,
    value: name,
    remedy: "Name a column of the file.",
  });
}
