// Files of a store that appear atomically: complete and on disk, or not at all.
import { randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { makeSyncedFolder, syncFolder } from "../../base/atomic-file.ts";
import { isSystemError } from "../../base/system-errors.ts";
import { storeLayout } from "./layout.ts";
import { cannotWriteStore } from "./manifest.ts";

/**
 * Fills a temporary file, syncs it to disk, and renames it.
 *
 * @throws SynthesisError `synthesis/cannot-write`; what `fill` throws, unless it is a system error
 */
export async function fillWhole<T>(
  folder: string,
  path: string,
  fill: (file: FileHandle) => Promise<T>,
): Promise<T> {
  const { temporary } = storeLayout(folder); // not the same folder: leftovers of killed processes are removed when the store is complete
  const unfinished = join(temporary, randomUUID());
  try {
    await mkdir(temporary, { recursive: true });
    await makeSyncedFolder(dirname(path));
    const file = await open(unfinished, "wx");
    let result: T;
    try {
      result = await fill(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
    await syncFolder(dirname(path)); // without it a power failure may undo the rename
    return result;
  } catch (cause) {
    await rm(unfinished, { force: true });
    throw isSystemError(cause) ? cannotWriteStore(path, cause) : cause;
  }
}

/** The same for content that is in memory. @throws SynthesisError `synthesis/cannot-write` */
export function writeWhole(folder: string, path: string, content: string | Uint8Array): Promise<void> {
  return fillWhole(folder, path, (file) => file.writeFile(content));
}
