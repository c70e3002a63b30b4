// Writes rows as Parquet (snappy) with only one row group in memory, however long the file becomes.
import type { KeyValue, SchemaElement } from "hyparquet";

export interface RowGroupOptions {
  readonly schema: SchemaElement[];
  /** Names of the columns, as in the rows. */
  readonly columns: readonly string[];
  /** A group is written when it reaches this number of rows or this weight. */
  readonly maxRows: number;
  readonly maxWeight: number;
  /** What the file's metadata says besides its schema; asked for at the end. */
  readonly keyValues?: (() => readonly KeyValue[]) | undefined;
  /** Appends to the file. */
  readonly write: (bytes: Uint8Array) => Promise<void>;
}

/** A Parquet file being written; it is complete after `finish`. */
export interface RowGroups {
  /** Adds a row; `weight` is its approximate size in memory. */
  add(row: Readonly<Record<string, unknown>>, weight: number): Promise<void>;
  finish(): Promise<void>;
}

/** Starts a file. */
export async function openRowGroups(options: RowGroupOptions): Promise<RowGroups> {
  const { schema, columns, maxRows, maxWeight, write } = options;
  const { ByteWriter, ParquetWriter } = await import("hyparquet-writer");
  const buffer = new ByteWriter();
  const kvMetadata: KeyValue[] = []; // the writer reads it when it finishes
  const writer = new ParquetWriter({ writer: buffer, schema, createdBy: "relata", kvMetadata });
  let rows: Readonly<Record<string, unknown>>[] = [];
  let total = 0;
  const emit = async () => {
    await write(buffer.getBytes());
    buffer.index = 0; // its offset keeps counting, because columns are located by file position
  };
  const writeGroup = async () => {
    const columnData = columns.map((name) => ({ name, data: rows.map((row) => row[name]) }));
    await writer.write({ columnData, rowGroupSize: rows.length });
    rows = [];
    total = 0;
    await emit();
  };
  return {
    async add(row, weight) {
      rows.push(row);
      total += weight;
      if (rows.length >= maxRows || total >= maxWeight) await writeGroup();
    },
    async finish() {
      if (rows.length > 0) await writeGroup();
      kvMetadata.push(...(options.keyValues?.() ?? []));
      await writer.finish();
      await emit();
    },
  };
}
