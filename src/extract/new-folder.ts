// Output folders that must not exist: locked while they are written, complete or absent.
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { writingTo } from "../base/cannot-write.ts";
import { DataError } from "../base/errors.ts";
import { lockOutput, type OutputLock } from "../base/output-lock.ts";
import { recoverFolder, replaceFolder } from "../training/durable-folder.ts";

/**
 * Locks a folder that is to be made.
 *
 * @throws DataError `data/folder-exists`, `data/output-locked`, `data/cannot-write`
 */
export async function lockNewFolder(folder: string): Promise<OutputLock> {
  const above = dirname(resolve(folder));
  await writingTo(above, () => mkdir(above, { recursive: true })); // it contains the lock
  const lock = await lockOutput(folder);
  if (!existsSync(folder)) return lock;
  await lock.release();
  throw folderExists(folder);
}

/**
 * Makes the folder that `fill` writes. Nothing is left of it if that fails.
 *
 * @throws DataError `data/cannot-write`, and errors from `fill`
 */
export async function writeNewFolder(
  folder: string,
  fill: (writing: string) => Promise<void>,
): Promise<void> {
  try {
    await replaceFolder(folder, fill);
  } catch (error) {
    await recoverFolder(folder); // removes what was written so far
    throw error;
  }
}

/** The error for a folder that must not exist, and does. */
export function folderExists(folder: string): DataError {
  return new DataError({
    code: "data/folder-exists",
    message: `${folder} already exists`,
    place: folder,
    remedy: "Name a new folder, or remove this one.",
  });
}
