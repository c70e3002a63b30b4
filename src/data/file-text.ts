// Reads a file as one text, for readers that need all of it at once.
import { DataError } from "../base/errors.ts";
import { readRegularFile } from "../base/regular-file.ts";
import { binaryKind, HEAD_BYTES, otherKind } from "./file-kind.ts";
import { cannotReadFile } from "./lines.ts";

const MAX_FILE_BYTES = 256 * 1024 * 1024; // half of the longest possible string

/**
 * Reads the text of a file, including its byte order mark; undefined if it is not UTF-8.
 *
 * @throws DataError `data/cannot-read`, `data/file-too-large`, `data/other-format`.
 */
export async function readFileText(path: string, signal?: AbortSignal): Promise<string | undefined> {
  const bytes = await readFileBytes(path, signal);
  const kind = binaryKind(bytes.subarray(0, HEAD_BYTES));
  if (kind) throw otherKind(path, kind);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return undefined;
  }
}

/** Reads a whole file. @throws DataError `data/cannot-read`, `data/file-too-large`. */
export async function readFileBytes(path: string, signal?: AbortSignal): Promise<Buffer> {
  signal?.throwIfAborted();
  const failure = cannotReadFile(path);
  return readRegularFile(path, MAX_FILE_BYTES, (fault) =>
    fault.kind === "too-large" ? tooLarge(path, fault.problem) : failure(fault),
  );
}

function tooLarge(path: string, problem: string): DataError {
  return new DataError({
    code: "data/file-too-large",
    message: `${path} ${problem}; it has to fit into memory`,
    place: path,
    value: path,
    remedy: "Split the file into several.",
  });
}
