// Streams a file as lines of bounded length; every line that is not valid UTF-8 text is reported, none is dropped.
import { counted } from "../base/counted.ts";
import { DataError } from "../base/errors.ts";
import { type FileFailure, openRegularFile } from "../base/regular-file.ts";
import { type Defect, defect } from "./defects.ts";
import { binaryKind, HEAD_BYTES, otherKind } from "./file-kind.ts";

/** A line of the file, numbered from 1; `file` outcomes come last and apply to the file as a whole. */
export type LineOutcome =
  | {
      readonly kind: "text";
      readonly line: number;
      /** Where the line begins, in bytes. */
      readonly offset: number;
      readonly text: string;
      readonly defects: readonly Defect[];
    }
  | {
      readonly kind: "unreadable";
      readonly line: number;
      readonly offset: number;
      readonly defects: readonly Defect[];
    }
  | { readonly kind: "file"; readonly defects: readonly Defect[] };

/** Options for reading lines. */
export interface LineOptions {
  /** Longest line in bytes, without its line end. */
  readonly maxLineBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Start at this line, which an earlier pass found at this byte; default: the first. */
  readonly start?: LineStart | undefined;
}

/** The place of a line in its file. */
export interface LineStart {
  readonly line: number;
  /** In bytes. */
  readonly offset: number;
}

export const MAX_LINE_BYTES = 4 * 1024 * 1024; // a document is a post or an article, not a book; MNRE's longest line has 414 bytes

const LF = 0x0a;
const CR = 0x0d;
const BOM = [0xef, 0xbb, 0xbf];

/** The error for a path that cannot be read. */
export function cannotRead(path: string, cause: unknown): DataError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new DataError({
    code: "data/cannot-read",
    message: `cannot read ${path}: ${reason}`,
    place: path,
    value: path,
    remedy: "Check that the path exists and that you may read it.",
    cause,
  });
}

/** The error for a path that is not a regular file. */
export function cannotReadFile(path: string): FileFailure {
  return ({ kind, problem, remedy, cause }) => {
    const code = kind === "git-lfs" ? "data/other-format" : "data/cannot-read";
    const message = `${path} ${problem}`;
    return new DataError({ code, message, place: path, value: path, remedy, cause });
  };
}

/**
 * Reads the lines of a file, split at LF. A last line without LF counts; an empty rest after the last LF does not.
 *
 * @throws DataError `data/cannot-read` if the file cannot be opened or read to its end, `data/other-format` if it is not UTF-8 text.
 */
export async function* readLines(path: string, options: LineOptions = {}): AsyncGenerator<LineOutcome> {
  const { signal, start } = options;
  signal?.throwIfAborted();
  const file = await openRegularFile(path, cannotReadFile(path));
  const from = start === undefined ? {} : { start: start.offset };
  yield* linesOf(file.createReadStream(signal === undefined ? from : { ...from, signal }), path, options);
}

/**
 * Reads the lines of a byte stream, like `readLines` for a file.
 *
 * @param path names the stream in places and errors
 * @throws DataError `data/cannot-read` when the stream fails.
 */
export async function* linesOf(
  stream: AsyncIterable<Buffer>,
  path: string,
  options: LineOptions = {},
): AsyncGenerator<LineOutcome> {
  const limit = options.maxLineBytes ?? MAX_LINE_BYTES;
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const notes: Defect[] = [];
  let line = (options.start?.line ?? 1) - 1;
  let offset = options.start?.offset ?? 0;
  let crlf = 0;
  let firstCrlf = 0;
  let pieces: Buffer[] = [];
  let size = 0; // bytes of the current line so far, including those above the limit that were not kept

  const head: Buffer[] = []; // the beginning of the file, until its first line is checked
  let headSize = 0;

  const finish = (): LineOutcome => {
    line++;
    if (line === 1) {
      const kind = binaryKind(Buffer.concat(head));
      if (kind) throw otherKind(path, kind);
    }
    const place = `${path}:${line}`;
    if (size > limit + 1) return { kind: "unreadable", line, offset, defects: [tooLong(place, size, limit)] };
    let bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces); // length 1: checked
    pieces = [];
    if (bytes.at(-1) === CR) {
      crlf++;
      firstCrlf ||= line;
      while (bytes.at(-1) === CR) bytes = bytes.subarray(0, -1); // a file converted twice has two
    }
    const defects: Defect[] = [];
    if (startsWithMark(bytes, line === 1)) {
      const what =
        line === 1
          ? "the file starts with a UTF-8 byte order mark"
          : "the line starts with a UTF-8 byte order mark: files were joined here";
      defects.push(defect("data/byte-order-mark", place, what, "EF BB BF"));
      bytes = bytes.subarray(BOM.length);
    }
    if (bytes.length > limit) {
      return { kind: "unreadable", line, offset, defects: [...defects, tooLong(place, bytes.length, limit)] };
    }
    try {
      return { kind: "text", line, offset, text: decoder.decode(bytes), defects };
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      return { kind: "unreadable", line, offset, defects: [...defects, invalidUtf8(place, bytes)] };
    }
  };

  try {
    for await (const chunk of stream) {
      if (line === 0 && headSize < HEAD_BYTES) {
        head.push(chunk.subarray(0, HEAD_BYTES - headSize));
        headSize += chunk.length;
      }
      let start = 0;
      for (;;) {
        const end = chunk.indexOf(LF, start);
        const piece = chunk.subarray(start, end === -1 ? chunk.length : end);
        size += piece.length;
        // One byte above the limit may still be the CR of a line end; a BOM is checked with the rest.
        if (size <= limit + 1) pieces.push(piece);
        else pieces = [];
        if (end === -1) break;
        yield finish();
        offset += size + 1;
        pieces = [];
        size = 0;
        start = end + 1;
      }
    }
  } catch (error) {
    if (options.signal?.aborted) throw options.signal.reason;
    if (error instanceof Error && "code" in error && "syscall" in error) throw cannotRead(path, error);
    throw error;
  }
  if (size > 0) yield finish();
  if (crlf > 0) {
    const message = `${crlf} of ${counted(line, "line")} ${crlf === 1 ? "ends" : "end"} in CRLF; the first is line ${firstCrlf}`;
    notes.push(defect("data/crlf", `${path}:${firstCrlf}`, message, crlf));
  }
  if (notes.length > 0) yield { kind: "file", defects: notes };
}

/** Whether a line starts with a byte order mark that is not part of its text; a mark directly before a tab is a CoNLL word. */
function startsWithMark(bytes: Buffer, isFirst: boolean): boolean {
  const next = bytes[BOM.length];
  return BOM.every((byte, i) => bytes[i] === byte) && (isFirst || (next !== 0x09 && next !== 0x20));
}

function tooLong(place: string, bytes: number, limit: number): Defect {
  return defect("data/line-too-long", place, `the line has ${bytes} bytes; the limit is ${limit}`, bytes);
}

function invalidUtf8(place: string, bytes: Buffer): Defect {
  const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  const column = firstInvalidByte(bytes);
  const value = bytes.subarray(column, column + 8).toString("hex");
  const hint = utf16 ? "; the file looks like UTF-16" : "";
  return defect(
    "data/invalid-utf8",
    place,
    `the line is not valid UTF-8 near byte ${column + 1} (${value})${hint}`,
    value,
  );
}

/** Index of the first invalid byte, or of one at most three bytes after it. */
function firstInvalidByte(bytes: Buffer): number {
  // Lenient decoding keeps every valid prefix, so the first difference after re-encoding is the fault.
  const again = Buffer.from(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes), "utf8");
  let i = 0;
  while (i < bytes.length && bytes[i] === again[i]) i++;
  return Math.min(i, bytes.length - 1);
}
