// Side files: what a loader could use beside the documents, as JSON by row number, id or picture name. Entries are parsed when asked for.
import { basename } from "node:path";
import { DataError } from "../base/errors.ts";
import { readWholeFile } from "../base/whole-file.ts";
import type { Document, JsonObject, JsonValue } from "../data/document.ts";
import { cannotRead } from "../data/lines.ts";
import { type JsonPart, jsonParts } from "./json-parts.ts";

/** What identifies the document of an entry. */
export type SideKey = "row" | "id" | "picture";

/** The fields of JSON lines that identify a document, in the order in which they are looked for. */
const KEY_FIELDS: readonly (readonly [field: string, key: SideKey])[] = [
  ["id", "id"],
  ["image", "picture"],
];

/** The entries of one side file. */
export class SideFile {
  readonly path: string;
  /** How entries are found. */
  readonly key: SideKey;
  readonly size: number;
  readonly #bytes: Buffer;
  readonly #parts: readonly JsonPart[];
  /** Positions in `#parts` by id or picture name; undefined for entries by row. */
  readonly #byName: ReadonlyMap<string, number> | undefined;
  /** Positions by row, where the keys of an object are row numbers in another order. */
  readonly #byRow: ReadonlyMap<number, number> | undefined;

  private constructor(path: string, bytes: Buffer, parts: readonly JsonPart[], shape: "object" | "list") {
    this.path = path;
    this.#bytes = bytes;
    this.#parts = parts;
    this.size = parts.length;
    if (shape === "object") {
      const keys = parts.map(({ key = "" }) => key);
      const rows = keys.map((key) => (/^(0|[1-9]\d{0,8})$/.test(key) ? Number(key) : -1));
      // Row numbers lie close together; numeric ids do not.
      const areRows = rows.every((row) => row >= 0 && row < 2 * rows.length + 10);
      this.key = areRows ? "row" : "id";
      if (areRows) this.#byRow = new Map(rows.map((row, i) => [row, i]));
      else this.#byName = new Map(keys.map((key, i) => [key, i]));
      return;
    }
    const field = keyField(parts.length > 0 ? this.#parse(0) : null);
    this.key = field?.[1] ?? "row";
    if (field !== undefined) {
      this.#byName = new Map(
        parts.map((_, i) => {
          const value = this.#parse(i);
          return [isObject(value) ? String(value[field[0]]) : "", i];
        }),
      );
    }
  }

  /** @throws DataError `data/cannot-read`, `audit/bad-side-file` */
  static async open(path: string): Promise<SideFile> {
    const bytes = await readWholeFile(path).catch((error: unknown) => {
      throw error instanceof DataError ? error : cannotRead(path, error);
    });
    const { shape, parts, fault } = jsonParts(bytes);
    if (fault !== undefined) throw badSideFile(path, fault);
    if (parts.length === 0) throw badSideFile(path, "it has no entries");
    return new SideFile(path, bytes, parts, shape);
  }

  /** What the file says about a document; undefined if it says nothing. @throws DataError `audit/bad-side-file` */
  of(document: Document, index: number): JsonValue | undefined {
    const at = this.#place(document, index);
    if (at === undefined) return undefined;
    const value = this.#parse(at);
    if (this.#byName === undefined || !isObject(value)) return value;
    const field = keyField(value)?.[0];
    if (field === undefined || this.#parts[at]?.key !== undefined) return value;
    const { [field]: _, ...rest } = value; // the key itself says nothing
    return rest;
  }

  #place(document: Document, index: number): number | undefined {
    if (this.#byRow !== undefined) return this.#byRow.get(index);
    if (this.#byName === undefined) return index < this.size ? index : undefined;
    const byImage = document.image === undefined ? undefined : this.#byName.get(document.image);
    return this.key === "picture" ? byImage : (this.#byName.get(document.id) ?? byImage);
  }

  #parse(at: number): JsonValue {
    const { start, end } = this.#parts[at]!; // a position in parts
    const text = this.#bytes.toString("utf8", start, end);
    try {
      return JSON.parse(text) as JsonValue;
    } catch (error) {
      const line = this.#bytes.subarray(0, start).filter((byte) => byte === 0x0a).length + 1;
      throw badSideFile(`${this.path}:${line}`, error instanceof Error ? error.message : String(error));
    }
  }
}

function keyField(value: JsonValue): (typeof KEY_FIELDS)[number] | undefined {
  if (!isObject(value)) return undefined;
  return KEY_FIELDS.find(([field]) => typeof value[field] === "string");
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function badSideFile(place: string, why: string): DataError {
  return new DataError({
    code: "audit/bad-side-file",
    message: `${basename(place)} is not a side file: ${why}`,
    place,
    remedy:
      "It must be a JSON object by row number or id, a JSON list in the order of the rows, or JSON lines.",
  });
}
