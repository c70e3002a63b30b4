// Writes folders that are complete or absent even if the process dies or the power fails: to a temporary name, flushed
// to the disk, then renamed.

import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { syncFolder } from "../base/atomic-file.ts";
import { writingTo } from "../base/cannot-write.ts";
import { exists } from "../base/exists.ts";

const WRITING = ".writing"; // a folder that is being filled; worthless after a crash
const PREVIOUS = ".previous"; // the folder that is being replaced; complete

async function forceFile(path: string): Promise<void> {
  const handle = await open(path, "r+");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function forceTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await forceTree(path);
    else await forceFile(path);
  }
  await syncFolder(folder);
}

/**
 * Replaces the folder `target` by one that `fill` writes. The old one stays until the new one is complete on the disk;
 * after a crash `recoverFolder` restores the complete one.
 *
 * @throws DataError `data/cannot-write`, and errors from `fill`
 */
export async function replaceFolder(target: string, fill: (folder: string) => Promise<void>): Promise<void> {
  await writingTo(target, () => replace(target, fill));
}

async function replace(target: string, fill: (folder: string) => Promise<void>): Promise<void> {
  const writing = target + WRITING;
  const previous = target + PREVIOUS;
  await rm(writing, { recursive: true, force: true });
  await mkdir(writing, { recursive: true });
  await fill(writing);
  await forceTree(writing);
  if (await exists(target)) {
    await rm(previous, { recursive: true, force: true });
    await rename(target, previous);
  }
  await rename(writing, target);
  await syncFolder(dirname(target));
  await rm(previous, { recursive: true, force: true });
}

/** Undoes an interrupted replacement: restores the previous folder if the new one is not in place. */
export async function recoverFolder(target: string): Promise<void> {
  const previous = target + PREVIOUS;
  if (!(await exists(target)) && (await exists(previous))) await rename(previous, target);
  await rm(previous, { recursive: true, force: true });
  await rm(target + WRITING, { recursive: true, force: true });
}

/** True for the leftover of an interrupted replacement. */
export function isLeftover(name: string): boolean {
  return name.endsWith(WRITING) || name.endsWith(PREVIOUS);
}
