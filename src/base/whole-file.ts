// Reads whole files that a program's own records and settings are kept in: never a pipe or a device, which might never end, and a bounded size.
import { type ReadStream, statSync } from "node:fs";
import { DataError } from "./errors.ts";
import {
  type FileFault,
  irregularity,
  openRegularFile,
  readRegularFile,
  statRegularFile,
} from "./regular-file.ts";

/** Far above every record and setting, and below the longest text there can be. */
const MAX_BYTES = 400_000_000;

const STREAM_BYTES = 1 << 18;

/**
 * The text of a file. A file that is absent or refused gives the system's own error, which callers know.
 *
 * @throws DataError `data/cannot-read` for anything but a regular file, and for one that is too large
 */
export async function readWholeText(path: string): Promise<string> {
  return (await readWholeFile(path)).toString("utf8");
}

/** The same for bytes. @throws DataError `data/cannot-read` */
export async function readWholeFile(path: string, maxBytes = MAX_BYTES): Promise<Buffer<ArrayBuffer>> {
  return readRegularFile(path, maxBytes, (fault) => asFailure(path, fault));
}

/** The text that a log holds now, which another process may be appending to: its last line can be cut off. @throws as `readWholeText` */
export async function readLogText(path: string): Promise<string> {
  const bytes = await readRegularFile(path, MAX_BYTES, (fault) => asFailure(path, fault), true);
  return bytes.toString("utf8");
}

/** The stream of a file of any size. @throws DataError `data/cannot-read` */
export async function streamWholeFile(path: string, encoding?: "utf8"): Promise<ReadStream> {
  const file = await openRegularFile(path, (fault) => asFailure(path, fault));
  return file.createReadStream({ highWaterMark: STREAM_BYTES, ...(encoding && { encoding }) });
}

/** Refuses what `readWholeFile` would, for files that another program opens. @throws DataError `data/cannot-read` */
export async function requireRegularFile(path: string): Promise<void> {
  await statRegularFile(path, (fault) => asFailure(path, fault));
}

/** `requireRegularFile` for callers that cannot wait; a missing file is not an error here. @throws DataError `data/cannot-read` */
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
