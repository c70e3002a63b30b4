// Writes a file so that it appears complete or not at all: into a neighbour that is forced to the disk, then renamed over the old one.
import { randomUUID } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";

/**
 * Writes a file atomically; whatever `fill` throws, the old file stays as it was.
 *
 * @param failure makes the error to throw when the file cannot be opened, forced to the disk or renamed; by default the system's own.
 * What `fill` throws stays as it is.
 */
export async function replaceFile<T>(
  path: string,
  fill: (file: FileHandle) => Promise<T>,
  failure: (cause: unknown) => unknown = (cause) => cause,
): Promise<T> {
  const fail = (cause: unknown) => Promise.reject(failure(cause));
  const temporary = `${path}.${randomUUID()}.tmp`; // in the same folder: rename does not cross file systems
  const file = await open(temporary, "wx").catch(fail);
  try {
    let result: T;
    try {
      result = await fill(file);
      await file.sync().catch(fail);
    } finally {
      await file.close();
    }
    await rename(temporary, path).catch(fail);
    return result;
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Forces a folder's entries to the disk, so that a rename in it is durable; Windows cannot open folders, NTFS keeps renames by its journal. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
