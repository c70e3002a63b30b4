// Content-addressed files: `objects/<first two>/<SHA-256>`. Files appear atomically: complete and on disk,
// or not at all.
import { randomUUID } from "node:crypto";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { syncFolder, writeNew } from "../../base/atomic-file.ts";
import { sha256 } from "../../base/sha256.ts";
import { isCode } from "../../base/system-errors.ts";
import { readWholeFile } from "../../base/whole-file.ts";
import { objectName, storeLayout } from "./layout.ts";
import { cannotWriteStore, damagedStore } from "./manifest.ts";

/** Writes content and returns its SHA-256; does not rewrite existing content. */
export async function putObject(folder: string, bytes: Uint8Array): Promise<string> {
  const hash = sha256(bytes);
  const path = join(folder, objectName(hash));
  if ((await sizeOf(path)) === bytes.length) return hash;
  await writeWhole(folder, path, bytes);
  return hash;
}

/** Reads content. @throws SynthesisError `synthesis/damaged-store` if it is missing or its hash differs */
export async function getObject(folder: string, hash: string): Promise<Uint8Array> {
  const path = join(folder, objectName(hash));
  let bytes: Uint8Array;
  try {
    bytes = await readWholeFile(path);
  } catch (cause) {
    throw damagedStore(path, `cannot be read (${(cause as Error).message})`, cause);
  }
  if (sha256(bytes) !== hash) throw damagedStore(path, "does not have the content that its name says");
  return bytes;
}

/** Whether content of this size exists. */
export async function hasObject(folder: string, hash: string, bytes: number): Promise<boolean> {
  return (await sizeOf(join(folder, objectName(hash)))) === bytes;
}

/** Whether content of this name exists, of any size. */
export async function hasObjectNamed(folder: string, hash: string): Promise<boolean> {
  return (await sizeOf(join(folder, objectName(hash)))) !== undefined;
}

/**
 * Writes a temporary file, syncs it to disk, and renames it.
 *
 * @throws SynthesisError `synthesis/cannot-write`
 */
export async function writeWhole(folder: string, path: string, content: string | Uint8Array): Promise<void> {
  const { temporary } = storeLayout(folder); // not the same folder: leftovers of killed processes are removed when the store is complete
  const unfinished = join(temporary, randomUUID());
  try {
    await mkdir(temporary, { recursive: true });
    await makeFolder(dirname(path));
    await writeNew(unfinished, content);
    await rename(unfinished, path);
    await syncFolder(dirname(path)); // without it a power failure may undo the rename
  } catch (cause) {
    await rm(unfinished, { force: true });
    throw cannotWriteStore(path, cause);
  }
}

/** Creates a folder and its parents, and syncs their names to disk. */
async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let made = path; ; made = dirname(made)) {
    await syncFolder(dirname(made));
    if (resolve(made) === resolve(first)) return;
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isCode(error, "ENOENT")) return undefined;
    throw error;
  }
}
