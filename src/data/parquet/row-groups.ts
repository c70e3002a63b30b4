// Writes rows as Parquet (snappy), a row group at a time: what is in memory at once is one group, however long the file becomes.
import type { SchemaElement } from "hyparquet";

export interface RowGroupOptions {
  readonly schema: SchemaElement[];
  /** Names of the columns, as rows have them. */
  readonly columns: readonly string[];
  /** A group is written when it has as many rows, or when its rows weigh as much. */
  readonly maxRows: number;
  readonly maxWeight: number;
  /** Appends to the file. */
  readonly write: (bytes: Uint8Array) => Promise<void>;
}

/** A Parquet file that is being written; it is whole after `finish`. */
export interface RowGroups {
  /** Adds a row; `weight` is about what it takes in memory. */
  add(row: Readonly<Record<string, unknown>>, weight: number): Promise<void>;
  finish(): Promise<void>;
}

/** Begins a file. */
export async function openRowGroups(options: RowGroupOptions): Promise<RowGroups> {
  const { schema, columns, maxRows, maxWeight, write } = options;
  const { ByteWriter, ParquetWriter } = await import("hyparquet-writer");
  const buffer = new ByteWriter();
  const writer = new ParquetWriter({ writer: buffer, schema, createdBy: "relata" });
  let rows: Readonly<Record<string, unknown>>[] = [];
  let total = 0;
  const emit = async () => {
    await write(buffer.getBytes());
    buffer.index = 0; // its offset keeps counting: columns are found by their place in the file
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
      await writer.finish();
      await emit();
    },
  };
}
