// Where the units of an input begin, and what only a reader of the whole input knows of them: which ids occurred before. With it a unit can
// be read alone, and gives what it would give in one pass over everything.
import { z } from "zod";
import { checkShape } from "../../base/schema-issues.ts";
import { StringIndex } from "../../base/string-index.ts";
import { damagedUnit } from "../../units/unit-record.ts";
import { type PostSource, type RowStart, RowSum } from "../batch/post-rows.ts";

const FORMAT = "relata-rows";
const VERSION = 1;

const headSchema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  unitRows: z.int().positive(),
  units: z.int().nonnegative(),
});
const unitSchema = z.strictObject({
  /** Number of the first row. */
  row: z.int().positive(),
  /** Its place in a file of lines, in bytes. */
  offset: z.int().nonnegative().optional(),
  rows: z.int().positive(),
  /** Hash over the rows. */
  sum: z.string(),
  /** Which of its rows, counted from 0, have the id of an earlier row. */
  duplicates: z.array(z.int().nonnegative()),
});

/** The rows of a unit. */
export type UnitRows = z.output<typeof unitSchema>;

export interface RowIndex {
  readonly unitRows: number;
  readonly units: readonly UnitRows[];
}

/**
 * Reads an input from beginning to end and divides it into units of `unitRows` rows. Ids are in memory, at some 20 bytes each besides their own.
 *
 * @throws the errors of the source; the signal's reason
 */
export async function indexRows(
  source: PostSource,
  unitRows: number,
  options: { readonly signal?: AbortSignal | undefined; readonly onProgress?: (rows: number) => void } = {},
): Promise<RowIndex> {
  const ids = new StringIndex();
  const units: UnitRows[] = [];
  let sum = new RowSum();
  let start: RowStart | undefined;
  let duplicates: number[] = [];
  let rows = 0;
  let all = 0;
  const close = () => {
    if (start === undefined) return;
    const { row, offset } = start;
    units.push({ row, ...(offset === undefined ? {} : { offset }), rows, sum: sum.value(), duplicates });
    [sum, start, duplicates, rows] = [new RowSum(), undefined, [], 0];
  };
  for await (const row of source.rows(options.signal)) {
    options.signal?.throwIfAborted();
    start ??= { row: row.row, offset: row.offset };
    if ("post" in row) {
      const known = ids.size;
      if (ids.add(row.post.id) < known) duplicates.push(rows);
    }
    sum.add(row);
    all++;
    if (++rows === unitRows) {
      close();
      options.onProgress?.(all);
    }
  }
  close();
  return { unitRows, units };
}

/** The index as lines of JSON. */
export function formatRowIndex({ unitRows, units }: RowIndex): Uint8Array {
  const head = { format: FORMAT, version: VERSION, unitRows, units: units.length };
  return Buffer.from([head, ...units].map((line) => `${JSON.stringify(line)}\n`).join(""));
}

/** @throws DataError `units/damaged-unit` */
export function parseRowIndex(bytes: Uint8Array, place: string): RowIndex {
  const lines = Buffer.from(bytes).toString("utf8").split("\n").slice(0, -1);
  const head = checked(headSchema, lines[0] ?? "", `${place}:1`);
  const units = lines.slice(1).map((line, i) => checked(unitSchema, line, `${place}:${i + 2}`));
  if (units.length !== head.units) throw damagedUnit(place, `has ${units.length} of ${head.units} units`);
  return { unitRows: head.unitRows, units };
}

function checked<Schema extends z.ZodType>(schema: Schema, line: string, place: string): z.output<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw damagedUnit(place, "is not JSON", cause);
  }
  const result = checkShape(schema, value, { whole: "the line" });
  if (result.success) return result.data;
  throw damagedUnit(place, `is not a line of an index: ${result.faults[0]}`);
}
