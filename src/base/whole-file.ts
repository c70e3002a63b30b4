// Reads whole files such as records and settings, up to a size limit; never a pipe or a device, which might never end.
import { type ReadStream, statSync } from "node:fs";
import { DataError } from "./errors.ts";
import {
  type FileFault,
  irregularity,
  openRegularFile,
  readRegularFile,
  statRegularFile,
} from "./regular-file.ts";

/** Far above any record or settings file, and below the longest possible string. */
const MAX_BYTES = 400_000_000;

const STREAM_BYTES = 1 << 18;

/**
 * Reads the text of a file. For an absent or inaccessible file it throws the system's error, which callers handle.
 *
 * @throws DataError `data/cannot-read` for anything but a regular file, and for a file that is too large
 */
export async function readWholeText(path: string): Promise<string> {
  return (await readWholeFile(path)).toString("utf8");
}

/** The same for bytes. @throws DataError `data/cannot-read` */
export async function readWholeFile(path: string, maxBytes = MAX_BYTES): Promise<Buffer<ArrayBuffer>> {
  return readRegularFile(path, maxBytes, (fault) => asFailure(path, fault));
}

/** Reads a log that another process may be appending to; its last line can be incomplete. @throws as `readWholeText` */
export async function readLogText(path: string): Promise<string> {
  const bytes = await readRegularFile(path, MAX_BYTES, (fault) => asFailure(path, fault), true);
  return bytes.toString("utf8");
}

/** Streams a file of any size. @throws DataError `data/cannot-read` */
export async function streamWholeFile(path: string, encoding?: "utf8"): Promise<ReadStream> {
  const file = await openRegularFile(path, (fault) => asFailure(path, fault));
  return file.createReadStream({ highWaterMark: STREAM_BYTES, ...(encoding && { encoding }) });
}

/** Makes the checks of `readWholeFile` for a file that a library opens. @throws DataError `data/cannot-read` */
export async function requireRegularFile(path: string): Promise<void> {
  await statRegularFile(path, (fault) => asFailure(path, fault));
}

/** The synchronous `requireRegularFile`; a missing file is not an error here. @throws DataError `data/cannot-read` */
export function requireRegularFileSync(path: string): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  const fault = stats && irregularity(stats);
  if (fault !== undefined) throw asFailure(path, fault);
}

function asFailure(path: string, { kind, problem, remedy, cause }: FileFault): Error {
  const isSystems = (kind === "absent" || kind === "unreadable") && cause instanceof Error;
  if (isSystems) return cause;
  return new DataError({
    code: "data/cannot-read",
    message: `${path} ${problem}`,
    place: path,
    remedy,
    cause,
  });
}
