// Lines of a large file by their byte offsets: the file is read once, then any line alone.
import type { FileHandle } from "node:fs/promises";
import { openRegularFile } from "../../base/regular-file.ts";
import { defect, defectError } from "../../data/defects.ts";
import { cannotReadFile, MAX_LINE_BYTES } from "../../data/lines.ts";

/** Where a line is: its bytes without the line end. */
export interface LinePlace {
  readonly offset: number;
  readonly length: number;
}

/** A line as it was read. */
export interface FoundLine extends LinePlace {
  /** Counted from 1. */
  readonly line: number;
  readonly text: string;
  /** Whether a line end follows; false only for the last line. */
  readonly isEnded: boolean;
}

const LF = 0x0a;
const UTF8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Reads the lines that are not empty.
 *
 * @throws DataError `data/cannot-read`, `data/invalid-utf8`, `data/line-too-long`
 */
export async function* linesWithPlaces(path: string): AsyncGenerator<FoundLine> {
  const file = await openRegularFile(path, cannotReadFile(path));
  let rest: Buffer = Buffer.alloc(0);
  let offset = 0; // of `rest`
  let line = 0;
  const lineOf = (bytes: Buffer, isEnded: boolean): FoundLine => ({
    ...{ offset, length: bytes.length, line, isEnded },
    text: decoded(bytes, `${path}:${line}`),
  });
  for await (const chunk of file.createReadStream() as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let from = 0;
    for (let end = rest.indexOf(LF, from); end !== -1; end = rest.indexOf(LF, from)) {
      line++;
      const bytes = rest.subarray(from, end);
      const found = lineOf(bytes, true);
      if (found.text.trim() !== "") yield found;
      offset += end + 1 - from;
      from = end + 1;
    }
    rest = rest.subarray(from);
    if (rest.length > MAX_LINE_BYTES) throw tooLong(`${path}:${line + 1}`);
  }
  line++;
  if (rest.length > 0) yield lineOf(rest, false);
}

/** Reads one line. */
export async function readLineAt(file: FileHandle, { offset, length }: LinePlace): Promise<string> {
  const bytes = Buffer.alloc(length);
  let read = 0;
  while (read < length) {
    const { bytesRead } = await file.read(bytes, read, length - read, offset + read);
    if (bytesRead === 0) break; // the file became shorter: what is left is not the line that was there
    read += bytesRead;
  }
  return UTF8.decode(bytes.subarray(0, read));
}

function decoded(bytes: Buffer, place: string): string {
  try {
    return UTF8.decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw defectError(defect("data/invalid-utf8", place, "the line is not valid UTF-8"));
  }
}

function tooLong(place: string): Error {
  return defectError(defect("data/line-too-long", place, `the line has more than ${MAX_LINE_BYTES} bytes`));
}
