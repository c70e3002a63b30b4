// Splits a JSON list into the texts of its elements while it is read, so that each can be parsed, located by its line and counted separately.
import { openRegularFile } from "../base/regular-file.ts";
import { type Defect, defect } from "./defects.ts";
import { binaryKind, HEAD_BYTES, otherKind } from "./file-kind.ts";
import { cannotRead, cannotReadFile, MAX_LINE_BYTES } from "./lines.ts";
import { readAt } from "./positioned-file.ts";

/**
 * An element and its first line (from 1); one that cannot be read; the place where the list breaks off, after which nothing follows; or
 * a remark on the file.
 */
export type JsonListPart =
  | { readonly kind: "element"; readonly line: number; readonly text: string }
  | { readonly kind: "unreadable"; readonly line: number; readonly defects: readonly Defect[] }
  | { readonly kind: "fault"; readonly line: number; readonly defects: readonly Defect[] }
  | { readonly kind: "file"; readonly defects: readonly Defect[] };

/** Whether a text begins with a list of objects instead of JSON lines. */
export function startsList(text: string): boolean {
  return /^\s*\[\s*(?:\{|\]\s*$|$)/.test(text);
}

/** Whether a file begins with a list of objects. @throws DataError `data/cannot-read` */
export async function isJsonList(path: string): Promise<boolean> {
  const file = await openRegularFile(path, cannotReadFile(path));
  try {
    const head = await readAt(file, 0, HEAD_BYTES);
    return startsList(head.toString("utf8").replace(/^\ufeff+/, ""));
  } catch (error) {
    throw cannotRead(path, error);
  } finally {
    await file.close();
  }
}

export interface JsonListOptions {
  /** Longest element in bytes; a longer one is not read. Default 4 MiB. */
  readonly maxElementBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The elements of a file that is one JSON list; only one element is in memory at a time. A byte order mark is skipped.
 *
 * @throws DataError `data/cannot-read`, `data/other-format`.
 */
export async function* readJsonList(
  path: string,
  options: JsonListOptions = {},
): AsyncGenerator<JsonListPart> {
  const { signal } = options;
  signal?.throwIfAborted();
  const file = await openRegularFile(path, cannotReadFile(path));
  const splitter = new JsonListSplitter(path, options);
  let isFirst = true;
  try {
    for await (const chunk of file.createReadStream(signal === undefined ? {} : { signal })) {
      const bytes = chunk as Buffer; // no encoding is set
      if (isFirst) {
        const kind = binaryKind(bytes.subarray(0, HEAD_BYTES));
        if (kind) throw otherKind(path, kind);
      }
      isFirst = false;
      yield* splitter.push(bytes);
      if (splitter.broken) return;
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof Error && "code" in error && "syscall" in error) throw cannotRead(path, error);
    throw error;
  }
  yield* splitter.end();
}

const BYTE = {
  quote: 0x22,
  comma: 0x2c,
  open: 0x5b,
  backslash: 0x5c,
  close: 0x5d,
  brace: 0x7b,
  unbrace: 0x7d,
};
const LF = 0x0a;
const SPACE: ReadonlySet<number> = new Set([0x20, 0x09, 0x0d, LF]);
const MARK = Buffer.from("\ufeff");

/** Splits the bytes of a list, given in pieces. Within an element only brackets and strings are scanned. */
export class JsonListSplitter {
  readonly #path: string;
  readonly #limit: number;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  #state: "before" | "first" | "next" | "element" | "after" = "before";
  #line = 1;
  /** Of the current element: its first line, nesting, bytes, and the pieces to keep. */
  #first = 1;
  #depth = 0;
  #inString = false;
  #isEscaped = false;
  #size = 0;
  #pieces: Buffer[] = [];
  #isStart = true;
  /** Whether the list broke off, so that nothing more is read. */
  broken = false;

  constructor(path: string, { maxElementBytes = MAX_LINE_BYTES }: JsonListOptions = {}) {
    this.#path = path;
    this.#limit = maxElementBytes;
  }

  *push(chunk: Buffer): Generator<JsonListPart> {
    let bytes = chunk;
    if (this.#isStart) {
      while (bytes.subarray(0, MARK.length).equals(MARK)) bytes = bytes.subarray(MARK.length);
      if (bytes.length < chunk.length) yield this.#mark();
    }
    this.#isStart = false;
    let from = 0; // where the current element's part of this chunk begins
    for (let i = 0; i < bytes.length && !this.broken; i++) {
      const byte = bytes[i]!; // i is in range
      if (byte === LF) this.#line++;
      if (this.#state === "element") {
        if (!this.#endsAt(byte)) continue;
        this.#keep(bytes.subarray(from, i));
        yield this.#finish();
        this.#state = byte === BYTE.close ? "after" : "next";
        if (byte === BYTE.unbrace) yield this.#fault("the list has no end");
      } else if (!SPACE.has(byte)) {
        const fault = this.#begin(byte);
        if (fault !== undefined) yield this.#fault(fault);
        from = i;
      }
    }
    if (this.#state === "element") this.#keep(bytes.subarray(from));
  }

  /** Says that no more bytes follow. */
  *end(): Generator<JsonListPart> {
    if (this.broken || this.#state === "after") return;
    yield this.#fault(this.#state === "before" ? "the file does not start with [" : "the list has no end");
  }

  /** Leaves the space between elements at a byte; says what is wrong with it. */
  #begin(byte: number): string | undefined {
    if (this.#state === "after") return "something follows the list";
    if (this.#state === "before") {
      this.#state = "first";
      return byte === BYTE.open ? undefined : "the file does not start with [";
    }
    if (byte === BYTE.close && this.#state === "first") {
      this.#state = "after";
      return undefined;
    }
    if (byte === BYTE.comma || byte === BYTE.close) return "an element is missing";
    this.#state = "element";
    this.#first = this.#line;
    this.#depth = 0;
    this.#size = 0;
    this.#pieces = [];
    this.#endsAt(byte);
    return undefined;
  }

  /** Follows one byte of an element; whether it is the comma or bracket after it. */
  #endsAt(byte: number): boolean {
    if (this.#inString) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (byte === BYTE.backslash) this.#isEscaped = true;
      else if (byte === BYTE.quote) this.#inString = false;
      return false;
    }
    if (byte === BYTE.quote) this.#inString = true;
    else if (byte === BYTE.brace || byte === BYTE.open) this.#depth++;
    else if (byte === BYTE.unbrace || byte === BYTE.close) return --this.#depth < 0;
    else if (byte === BYTE.comma) return this.#depth === 0;
    return false;
  }

  #keep(piece: Buffer): void {
    this.#size += piece.length;
    if (this.#size <= this.#limit) this.#pieces.push(piece);
    else this.#pieces = [];
  }

  #finish(): JsonListPart {
    const line = this.#first;
    const place = `${this.#path}:${line}`;
    const pieces = this.#pieces;
    this.#pieces = [];
    if (this.#size > this.#limit) {
      const message = `the element has ${this.#size} bytes; the limit is ${this.#limit}`;
      return {
        kind: "unreadable",
        line,
        defects: [defect("data/block-too-long", place, message, this.#size)],
      };
    }
    try {
      return { kind: "element", line, text: this.#decoder.decode(Buffer.concat(pieces)).trim() };
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      const invalid = defect("data/invalid-utf8", place, "the element is not valid UTF-8");
      return { kind: "unreadable", line, defects: [invalid] };
    }
  }

  #mark(): JsonListPart {
    const place = `${this.#path}:1`;
    const what = "the file starts with a UTF-8 byte order mark";
    return { kind: "file", defects: [defect("data/byte-order-mark", place, what, "EF BB BF")] };
  }

  #fault(message: string): JsonListPart {
    this.broken = true;
    const place = `${this.#path}:${this.#line}`;
    return { kind: "fault", line: this.#line, defects: [defect("data/not-json", place, message)] };
  }
}
