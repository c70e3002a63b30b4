// Checks the pages of a column before hyparquet decodes them: sizes, counts, levels and dictionary indices must be consistent.
// hyparquet trusts them: a damaged count would exhaust the memory, a short page would yield missing values.
// Format: https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
import { decompress } from "./compression.ts";
import { Malformed, Unsupported } from "./malformed.ts";
import { type RunBytes, walkRuns } from "./runs.ts";
import { readThriftStruct, type ThriftStruct } from "./thrift.ts";

/** A column of one row group, as the footer describes it. */
export interface ColumnToCheck {
  readonly codec: string | undefined;
  readonly isBoolean: boolean;
  /** Levels from 0 to here: how many of the column's ancestors and itself are repeated, or not required. */
  readonly maxRepetition: number;
  readonly maxDefinition: number;
  readonly values: number;
  readonly rows: number;
  /** Maximum uncompressed bytes of all pages together. */
  readonly maxBytes: number;
}

/** Maximum rows of a row group: each becomes an object, and with run lengths a small file can declare any number. */
export const MAX_ROWS = 2 * 1024 * 1024;
/** Maximum number of values of a column in a row group; an array of this size fits into memory, one ten times as large may not. */
export const MAX_VALUES = 16 * 1024 * 1024;
const MAX_PAGE_BYTES = 512 * 1024 * 1024; // writers aim at 1 MiB; a page holds at least one value, which may be a picture

const PAGE = { data: 0, dictionary: 2, data2: 3 };
const ENCODING = {
  plain: 0,
  plainDictionary: 2,
  rle: 3,
  deltaBinary: 5,
  deltaByteArray: 7,
  rleDictionary: 8,
};

/** @param bytes the pages of the column. @throws Malformed, Unsupported */
export function checkColumnPages(bytes: Uint8Array, column: ColumnToCheck): void {
  let at = 0;
  let values = 0;
  let rows = 0;
  let unpacked = 0;
  let dictionary: number | undefined;
  while (at < bytes.length - 1) {
    const header = readThriftStruct(bytes, at);
    const size = integer(header.struct, 3);
    const fullSize = integer(header.struct, 2);
    if (size > bytes.length - header.end)
      throw new Malformed(`a page of ${size} bytes reaches outside its column`);
    if (fullSize > MAX_PAGE_BYTES) throw new Malformed(`a page claims ${fullSize} bytes`);
    unpacked += fullSize;
    if (unpacked > column.maxBytes) {
      throw new Malformed(`pages claim ${unpacked} bytes, far more than the footer says`);
    }
    const page = bytes.subarray(header.end, header.end + size);
    at = header.end + size;
    const type = integer(header.struct, 1);
    if (type === PAGE.dictionary) {
      dictionary = integer(structure(header.struct, 7), 1);
      if (dictionary > MAX_VALUES) throw new Malformed(`a dictionary claims ${dictionary} values`);
      decompress(column.codec, page, fullSize);
      continue;
    }
    if (type !== PAGE.data && type !== PAGE.data2) throw new Malformed(`a page has the unknown type ${type}`);
    const content =
      type === PAGE.data
        ? dataPage(decompress(column.codec, page, fullSize), structure(header.struct, 5), column)
        : dataPage2(page, fullSize, structure(header.struct, 8), column);
    checkValues(content, column, dictionary);
    values += content.values;
    rows += content.rows;
  }
  if (values !== column.values)
    throw new Malformed(`pages have ${values} values, but the footer says ${column.values}`);
  if (rows !== column.rows)
    throw new Malformed(`pages have ${rows} rows, but the footer says ${column.rows}`);
}

/** A data page without its levels. */
interface PageContent {
  /** All values, including missing ones. */
  readonly values: number;
  readonly present: number;
  readonly rows: number;
  readonly encoding: number;
  readonly data: Uint8Array;
}

/** A page of version 1: levels preceded by their length, compressed with the values. */
function dataPage(page: Uint8Array, header: ThriftStruct, column: ColumnToCheck): PageContent {
  const values = valueCount(header, column);
  let at = 0;
  const levels = (max: number): RunBytes | undefined => {
    if (max === 0) return undefined;
    const length = uint32(page, at);
    const part = { bytes: page, start: at + 4, end: at + 4 + length };
    if (part.end > page.length) throw new Malformed(`levels of ${length} bytes reach outside their page`);
    at = part.end;
    return part;
  };
  const [repetition, definition] = [levels(column.maxRepetition), levels(column.maxDefinition)];
  const counted = countLevels(values, column, repetition, definition);
  return { values, ...counted, encoding: integer(header, 2), data: page.subarray(at) };
}

/** A page of version 2: levels outside the compressed part, their lengths in the header. */
function dataPage2(
  page: Uint8Array,
  fullSize: number,
  header: ThriftStruct,
  column: ColumnToCheck,
): PageContent {
  const values = valueCount(header, column);
  const repetitionBytes = integer(header, 6);
  const levelBytes = repetitionBytes + integer(header, 5);
  if (levelBytes > page.length || levelBytes > fullSize) {
    throw new Malformed(`levels of ${levelBytes} bytes reach outside their page`);
  }
  const part = (max: number, start: number, end: number): RunBytes | undefined => {
    if (max === 0 && start < end) throw new Malformed("a page has levels that its column does not have");
    return max === 0 ? undefined : { bytes: page, start, end };
  };
  const counted = countLevels(
    values,
    column,
    part(column.maxRepetition, 0, repetitionBytes),
    part(column.maxDefinition, repetitionBytes, levelBytes),
  );
  if (counted.present !== values - integer(header, 2) || counted.rows !== integer(header, 3)) {
    throw new Malformed(
      `a page has ${counted.present} values in ${counted.rows} rows, but its header says otherwise`,
    );
  }
  const rest = page.subarray(levelBytes);
  const data = header.get(7) === false ? rest : decompress(column.codec, rest, fullSize - levelBytes);
  return { values, ...counted, encoding: integer(header, 4), data };
}

/** Counts rows and present values from the levels; in a column without levels each value is a row. */
function countLevels(
  values: number,
  { maxRepetition, maxDefinition }: ColumnToCheck,
  repetition: RunBytes | undefined,
  definition: RunBytes | undefined,
): { readonly rows: number; readonly present: number } {
  const count = (part: RunBytes | undefined, max: number, counts: (level: number) => boolean): number => {
    if (part === undefined) return values;
    let found = 0;
    walkRuns(part, bitWidth(max), values, (level, times) => {
      if (level > max) throw new Malformed(`a level is ${level}; the maximum is ${max}`);
      if (counts(level)) found += times;
    });
    return found;
  };
  return {
    rows: count(repetition, maxRepetition, (level) => level === 0),
    present: count(definition, maxDefinition, (level) => level === maxDefinition),
  };
}

function checkValues(
  { present, encoding, data }: PageContent,
  column: ColumnToCheck,
  dictionary?: number,
): void {
  const runs = (start: number, width: number, visit: (value: number) => void) => {
    const part: RunBytes = { bytes: data, start, end: data.length };
    walkRuns(part, width, present, visit);
  };
  if (encoding === ENCODING.deltaByteArray) {
    throw new Unsupported(
      "the encoding DELTA_BYTE_ARRAY is not supported",
      "Write the file again with plain or dictionary encoding, the default of most tools.",
    );
  }
  if (encoding === ENCODING.rle) {
    if (!column.isBoolean) throw new Malformed("a column that is not boolean is encoded as run lengths");
    if (present > 0) runs(4, 1, () => undefined);
  } else if (encoding === ENCODING.plainDictionary || encoding === ENCODING.rleDictionary) {
    if (dictionary === undefined)
      throw new Malformed("a page uses a dictionary that its column does not have");
    if (present === 0) return;
    const [width] = data;
    if (width === undefined) throw new Malformed("a page of values is empty");
    runs(1, width, (index) => {
      if (index >= dictionary) throw new Malformed(`index ${index} in a dictionary of ${dictionary}`);
    });
  }
}

function valueCount(header: ThriftStruct, column: ColumnToCheck): number {
  const values = integer(header, 1);
  if (values > column.values)
    throw new Malformed(`a page claims ${values} values of a column of ${column.values}`);
  return values;
}

function integer(struct: ThriftStruct, field: number): number {
  const value = struct.get(field);
  if (typeof value !== "number" || value < 0)
    throw new Malformed(`a page header has no valid field ${field}`);
  return value;
}

function structure(struct: ThriftStruct, field: number): ThriftStruct {
  const value = struct.get(field);
  if (!(value instanceof Map)) throw new Malformed(`a page header has no part ${field}`);
  return value;
}

function uint32(bytes: Uint8Array, at: number): number {
  if (at + 4 > bytes.length) throw new Malformed("a page ends too early");
  return new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0, true);
}

/** Number of bits for numbers up to `max`. */
function bitWidth(max: number): number {
  return 32 - Math.clz32(max);
}
