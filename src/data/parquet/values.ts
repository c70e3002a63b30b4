// Values of Parquet cells as JSON has them: numbers, strings, names of pictures.
import { type Defect, defect } from "../defects.ts";
import type { ReadDocumentsOptions } from "../document-format.ts";
import type { ParquetRow } from "./parquet-file.ts";

const LIST_ITEM_BYTES = 16; // minimum size of an entity or relation in a line of JSON

/** A cell has the size limit of a line of JSON, except for a picture. */
export function sizeDefects(name: string, value: unknown, place: string, limit: number): Defect[] {
  const size =
    typeof value === "string" || (value instanceof Uint8Array && name !== "image")
      ? value.length
      : Array.isArray(value)
        ? value.length * LIST_ITEM_BYTES
        : 0;
  if (size <= limit) return [];
  return [
    defect("data/line-too-long", place, `${name} has at least ${size} bytes; the limit is ${limit}`, size),
  ];
}

/** Names of columns with pictures, for tables of other programs. */
const PICTURE_COLUMNS = ["image", "picture", "img"];

/**
 * The row with the name of its picture in place of the picture, which the option `savePicture` writes; for a struct of bytes and path without
 * bytes, the path. Without the option a picture is a defect.
 */
export async function withPictureName(
  row: ParquetRow,
  place: string,
  { imageField, savePicture }: Pick<ReadDocumentsOptions, "imageField" | "savePicture">,
): Promise<{ readonly row: ParquetRow; readonly defects: readonly Defect[] }> {
  const column = imageField ?? PICTURE_COLUMNS.find((name) => Object.hasOwn(row, name));
  if (column === undefined) return { row, defects: [] };
  const value = row[column];
  if (value === null || typeof value !== "object" || value instanceof Date) return { row, defects: [] };
  const named = (name: unknown) => ({ row: { ...row, [column]: name }, defects: [] });
  const { bytes, path }: PictureStruct =
    value instanceof Uint8Array ? { bytes: value } : (value as PictureStruct);
  if (value instanceof Uint8Array && typeof plainValue(value) === "string") return named(plainValue(value)); // an untyped column of names
  if (bytes === null || bytes === undefined) return named(plainValue(path ?? (path === null ? null : value)));
  if (bytes instanceof Uint8Array && savePicture !== undefined) {
    const name = plainValue(path);
    return named(await savePicture(bytes, typeof name === "string" ? name : undefined));
  }
  const size = bytes instanceof Uint8Array ? ` (${bytes.length} bytes)` : "";
  const message = `${column} contains the picture itself${size}, but a document names a file: relata import writes the pictures to a folder (relata extract reads both)`;
  return { ...named(null), defects: [defect("data/wrong-type", place, message, "a picture")] };
}

interface PictureStruct {
  readonly bytes?: unknown;
  readonly path?: unknown;
}

/** Converts Parquet integers to numbers if they fit, and bytes to text if they are valid, also in lists and structs. */
export function plainValue(value: unknown): unknown {
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
