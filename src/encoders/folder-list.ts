// Lists and inspects the files of an encoder's folder.
import type { Stats } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** Names of the regular files in a folder, including links to them; empty for a folder that does not exist. */
export async function regularFiles(folder: string): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  if (!(await isFolder(folder))) return names;
  for (const name of await readdir(folder)) {
    if ((await statOf(join(folder, name)))?.isFile() === true) names.add(name);
  }
  return names;
}

const MAX_LOOKED_INTO = 200; // folders: a run of many checkpoints has fewer, a home folder may have any number

/** The folders with this file inside a folder that has none, at most two levels down; relative to it, in the order of their names. */
export async function subfoldersWith(folder: string, file: string): Promise<readonly string[]> {
  const found: string[] = [];
  let looked = 0;
  const look = async (inner: string, levels: number): Promise<void> => {
    for (const entry of await readdir(join(folder, inner), { withFileTypes: true })) {
      if (!entry.isDirectory() || looked++ >= MAX_LOOKED_INTO) continue;
      const path = join(inner, entry.name);
      if ((await statOf(join(folder, path, file)))?.isFile() === true) found.push(path);
      else if (levels > 1) await look(path, levels - 1);
    }
  };
  await look("", 2);
  return found.sort();
}

export async function isFolder(path: string): Promise<boolean> {
  return (await statOf(path))?.isDirectory() ?? false;
}

/** Undefined for a path or a link target that does not exist. */
async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw cause;
  }
}
