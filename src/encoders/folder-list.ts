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
