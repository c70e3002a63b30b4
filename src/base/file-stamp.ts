// Detects a changed file by its place on the disk, its size and its times, without reading it.
import { stat } from "node:fs/promises";
import { DataError } from "./errors.ts";

/** Changes whenever a file is written, replaced or moved in; `undefined` if the file does not exist. */
export type FileStamp = string | undefined;

/** The stamp of a file. It includes ctime, which unlike mtime cannot be set back. */
async function fileStamp(path: string): Promise<FileStamp> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(" ");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}

export interface FileWatch {
  /** @throws DataError `data/input-changed` if a file has changed since the watch began */
  check(): Promise<void>;
}

/**
 * Records the state of files before they are read.
 *
 */
export async function watchFiles(paths: readonly string[]): Promise<FileWatch> {
  const before = await Promise.all(paths.map(fileStamp));
  return {
    async check() {
      for (const [i, path] of paths.entries()) {
        const now = await fileStamp(path);
        if (now !== before[i]) throw inputChanged(path, now === undefined);
      }
    },
  };
}

/** `data/input-changed`. */
export function inputChanged(path: string, isGone: boolean): DataError {
  return new DataError({
    code: "data/input-changed",
    message: `${path} ${isGone ? "disappeared" : "changed"} while it was read`,
    place: path,
    remedy:
      "Wait until no program writes to it, then run the command again. A run resumes only if its inputs are the same as at its start.",
    fault: "work",
  });
}
