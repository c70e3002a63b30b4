// One error for every failed write: a full disk, a quota, a read-only file system, missing rights, a broken disk.
import { DataError, RelataError } from "./errors.ts";

/** Remedies by system error code; for other codes the remedy is to check the folder. */
const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: "The disk is full: make room, then run the command again.",
  EDQUOT: "The disk quota is used up: make room, then run the command again.",
  EFBIG:
    "The file is larger than the file system or the process's limit (ulimit -f) allows: raise the limit, or write to another file system.",
  EROFS: "The file system is mounted read-only: name a place that can be written to.",
  EACCES: "Check the permissions of the file and its folder.",
  EPERM: "Check the permissions of the file and its folder.",
  EMFILE: "Too many files are open: raise the limit (ulimit -n), then run the command again.",
  ENFILE: "Too many files are open on this machine: close some, then run the command again.",
  ENOENT: "Make the folder first, or name another one.",
  EEXIST: "A file of this name is in the way: name another folder, or remove the file.",
  EISDIR: "It is a folder: name a file.",
  ENOTDIR: "A part of the path is a file, not a folder: check the path.",
  EIO: "The disk reported a fault: check it, then run the command again.",
};
const REMEDY = "Check that the folder exists, can be written to and has room.";

/**
 * `data/cannot-write`.
 *
 * @param place the file or folder
 */
export function cannotWrite(place: string, cause: unknown): DataError {
  return new DataError({
    code: "data/cannot-write",
    message: `cannot write ${place}: ${cause instanceof Error ? cause.message : String(cause)}`,
    place,
    value: place,
    remedy: writeRemedy(cause),
    cause,
    fault: "work",
  });
}

/** What to do about a system error that stopped a write. */
export function writeRemedy(cause: unknown): string {
  return REMEDIES[systemCode(cause) ?? ""] ?? REMEDY;
}

/** Runs a function that only writes to `place`: system errors become `data/cannot-write`, others are unchanged. */
export async function writingTo<T>(place: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw writeFailure(place, error);
  }
}

/** The same for synchronous writers. */
export function writingToSync<T>(place: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw writeFailure(place, error);
  }
}

/** Returns `data/cannot-write` for a system error; other errors unchanged. */
export function writeFailure(place: string, error: unknown): unknown {
  return systemCode(error) === undefined ? error : cannotWrite(place, error);
}

/** Whether an error comes from the system rather than from this program. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return systemCode(error) !== undefined;
}

/** Error codes that only writes cause. */
const ONLY_WRITING: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT", "EFBIG", "EROFS"]);
const WRITING_CALLS: ReadonlySet<string> = new Set([
  ...["write", "writev", "fsync", "fdatasync", "ftruncate", "rename", "mkdir", "copyfile", "link", "symlink"],
  ...["unlink", "rmdir", "rm", "chmod", "utime", "mkdtemp"],
]);

/** Returns `data/cannot-write` for a system error that only writes cause; other errors unchanged. */
export function namedWriteFailure(error: unknown): unknown {
  if (!isSystemError(error)) return error;
  const { code = "", syscall = "", path } = error;
  if (!ONLY_WRITING.has(code) && !WRITING_CALLS.has(syscall)) return error;
  return cannotWrite((error as { readonly dest?: string }).dest ?? path ?? "a file", error);
}

/** The code of a system error, such as ENOSPC. */
function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || error instanceof RelataError) return undefined;
  const { code, syscall } = error as NodeJS.ErrnoException;
  return code !== undefined && syscall !== undefined ? code : undefined;
}
