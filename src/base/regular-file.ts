// Opens files at paths from outside: only regular files, never a pipe, a device, a folder or a Git LFS pointer.
import { constants, type Stats } from "node:fs";
import { type FileHandle, lstat, open, readlink, stat } from "node:fs/promises";
import { GIT_LFS_LOOK_BYTES, GIT_LFS_PROBLEM, GIT_LFS_REMEDY, isGitLfsPointer } from "./git-lfs.ts";

/** Why a file is not read; each layer turns it into its own error. */
export interface FileFault {
  readonly kind: "absent" | "not-regular" | "git-lfs" | "too-large" | "unreadable";
  /** Follows the file's name in a message: "is a pipe, not a regular file". */
  readonly problem: string;
  readonly remedy: string;
  readonly cause?: unknown;
}

/** Makes the error to throw. */
export type FileFailure = (fault: FileFault) => Error;

/**
 * Opens a file for reading after checking its type, so that it never blocks on a pipe or a device.
 *
 * @throws what `failure` makes
 */
export async function openRegularFile(path: string, failure: FileFailure): Promise<FileHandle> {
  const found = await statRegularFile(path, failure);
  // Without O_NONBLOCK, open would block if a pipe has just replaced the file.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch((cause: unknown) => {
    throw failure(systemFault(cause));
  });
  try {
    const opened = await file.stat();
    const fault = irregularity(opened);
    if (fault !== undefined) throw failure(fault);
    if (found.size >= GIT_LFS_LOOK_BYTES) {
      const beginning = Buffer.alloc(GIT_LFS_LOOK_BYTES);
      await file.read(beginning, 0, beginning.length, 0).catch((cause: unknown) => {
        throw failure(systemFault(cause));
      });
      if (isGitLfsPointer(beginning)) {
        throw failure({ kind: "git-lfs", problem: GIT_LFS_PROBLEM, remedy: GIT_LFS_REMEDY });
      }
    }
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * Reads a file of at most `maxBytes`. A file that grows meanwhile is refused, unless it is a log that others may append to: then the
 * content is that at opening.
 *
 * @throws what `failure` makes
 */
export async function readRegularFile(
  path: string,
  maxBytes: number,
  failure: FileFailure,
  mayGrow = false,
): Promise<Buffer<ArrayBuffer>> {
  const file = await openRegularFile(path, failure);
  try {
    const { size } = await file.stat();
    if (size > maxBytes) throw failure(tooLarge(size, maxBytes));
    const content = Buffer.alloc(mayGrow ? size : size + 1); // an extra byte reveals growth
    let length = 0;
    while (length < content.length) {
      const { bytesRead } = await file.read(content, length, content.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    if (length > size) {
      throw failure({
        kind: "unreadable",
        problem: "grew while it was read",
        remedy: "Do not write to the file while it is read.",
      });
    }
    return content.subarray(0, length);
  } catch (cause) {
    throw isSystemError(cause) ? failure(systemFault(cause)) : cause;
  } finally {
    await file.close();
  }
}

/**
 * Returns the stat of a regular file.
 *
 * @throws what `failure` makes for anything else
 */
export async function statRegularFile(path: string, failure: FileFailure): Promise<Stats> {
  if (path.includes("\0")) {
    // No file can have such a name; Node refuses it with a different kind of error.
    const problem = "has a name with a NUL character, which no file can have";
    throw failure({ kind: "absent", problem, remedy: "Check the path." });
  }
  let stats: Stats;
  try {
    stats = await stat(path);
  } catch (cause) {
    throw failure((await danglingLink(path)) ?? systemFault(cause));
  }
  const fault = irregularity(stats);
  if (fault !== undefined) throw failure(fault);
  return stats;
}

const NAME_A_FILE = "Name a regular file.";

/** Describes something that is not a regular file. */
export function irregularity(stats: Stats): FileFault | undefined {
  if (stats.isFile()) return undefined;
  const kinds: readonly (readonly [is: boolean, kind: string, remedy: string])[] = [
    [stats.isDirectory(), "a folder", "Name a file, for instance one inside it."],
    [stats.isFIFO(), "a pipe", "Write what it gives to a file first."],
    [stats.isSocket(), "a socket", NAME_A_FILE],
    [stats.isCharacterDevice() || stats.isBlockDevice(), "a device", NAME_A_FILE],
  ];
  const [, kind, remedy] = kinds.find(([is]) => is) ?? [true, "something else", NAME_A_FILE];
  return { kind: "not-regular", problem: `is ${kind}, not a regular file`, remedy };
}

async function danglingLink(path: string): Promise<FileFault | undefined> {
  try {
    if (!(await lstat(path)).isSymbolicLink()) return undefined;
    const target = await readlink(path);
    return {
      kind: "not-regular",
      problem: `is a link to ${target}, which cannot be opened`,
      remedy: "Put the file where the link points, or replace the link with the file.",
    };
  } catch (cause) {
    if (isSystemError(cause)) return undefined; // stat has already given the reason
    throw cause;
  }
}

function systemFault(cause: unknown): FileFault {
  const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
  if (code === "ENOENT" || code === "ENOTDIR") {
    return { kind: "absent", problem: "does not exist", remedy: "Check the path.", cause };
  }
  return {
    kind: "unreadable",
    problem: `cannot be read (${code})`,
    remedy: "Check the file and its permissions.",
    cause,
  };
}

function tooLarge(size: number, maxBytes: number): FileFault {
  return {
    kind: "too-large",
    problem: `has ${size} bytes; the limit is ${maxBytes}`,
    remedy: "Check that this is the right file.",
  };
}

function isSystemError(error: unknown): boolean {
  return typeof (error as NodeJS.ErrnoException | undefined)?.syscall === "string";
}
