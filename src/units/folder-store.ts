// Keys as files of a folder, which may be shared over a network. A file appears under its name with one exclusive link.
import { readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createExclusively, makeSyncedFolder, removeFile, syncFolder } from "../base/atomic-file.ts";
import { writingTo } from "../base/cannot-write.ts";
import { isCode } from "../base/system-errors.ts";
import { readWholeFile } from "../base/whole-file.ts";
import { type ObjectStore, requireKey, requirePrefix } from "./object-store.ts";

const MAX_OBJECT_BYTES = 1 << 30; // a unit has a few megabytes

/** Opens a folder, which is created with the first key, as an object store. */
export function folderStore(folder: string): ObjectStore {
  const pathOf = (key: string) => {
    requireKey(key);
    return join(folder, key);
  };
  return {
    place: folder,
    async get(key) {
      try {
        return await readWholeFile(pathOf(key), MAX_OBJECT_BYTES);
      } catch (error) {
        if (isAbsent(error)) return undefined;
        throw error;
      }
    },
    async has(key) {
      try {
        return (await stat(pathOf(key))).isFile();
      } catch (error) {
        if (isAbsent(error)) return false;
        throw error;
      }
    },
    async putIfAbsent(key, content) {
      const path = pathOf(key);
      return writingTo(path, async () => {
        await makeSyncedFolder(dirname(path));
        const isCreated = await createExclusively(path, content);
        if (isCreated) await syncFolder(dirname(path));
        return isCreated;
      });
    },
    list(prefix) {
      requirePrefix(prefix);
      return keysBelow(folder, prefix);
    },
    async remove(key) {
      const path = pathOf(key);
      try {
        await removeFile(path);
      } catch (error) {
        if (!isAbsent(error)) throw error;
      }
    },
  };
}

/** "/" sorts after "-" and ".", so a folder's place among its neighbours is that of its name with the "/". */
async function* keysBelow(folder: string, prefix: string): AsyncGenerator<string> {
  const entries = await readdir(join(folder, prefix), { withFileTypes: true }).catch((error: unknown) => {
    if (isAbsent(error)) return [];
    throw error;
  });
  const names = entries
    .filter((entry) => !entry.name.startsWith(".") && !entry.name.endsWith(".tmp"))
    .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
    .sort((a, b) => (a < b ? -1 : 1));
  for (const name of names) {
    if (name.endsWith("/")) yield* keysBelow(folder, `${prefix}${name}`);
    else yield `${prefix}${name}`;
  }
}

function isAbsent(error: unknown): boolean {
  return isCode(error, "ENOENT") || isCode(error, "ENOTDIR");
}
