// Writes files that appear complete or not at all: to a temporary file that is flushed to the disk, then renamed or linked into place.
import { randomUUID } from "node:crypto";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { type FileHandle, link, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { writingTo, writingToSync } from "./cannot-write.ts";

/**
 * Writes a file atomically; if `fill` throws, the old file is unchanged.
 *
 * @param failure makes the error to throw if the file cannot be opened, flushed or renamed; the system's error by default. Errors from
 * `fill` are unchanged.
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
    await syncFolder(dirname(path)).catch(fail);
    return result;
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/**
 * The same for a file with one writer at a time: it also removes temporary files of killed processes. Not for files with several writers,
 * whose temporary files may be in use.
 *
 * @throws DataError `data/cannot-write`
 */
export async function replaceOwnFile(path: string, content: string | Uint8Array): Promise<void> {
  await writingTo(path, () => replaceFile(path, (file) => file.writeFile(content)));
  const name = basename(path);
  for (const entry of await readdir(dirname(path))) {
    if (entry.startsWith(`${name}.`) && LEFTOVER.test(entry.slice(name.length)))
      await rm(join(dirname(path), entry), { force: true });
  }
}

/**
 * The synchronous form; it leaves temporary files of killed processes in place.
 *
 * @throws DataError `data/cannot-write`
 */
export function replaceOwnFileSync(path: string, text: string): void {
  writingToSync(path, () => {
    const temporary = `${path}.${randomUUID()}.tmp`;
    try {
      writeFileSync(temporary, text, { flag: "wx", flush: true });
      renameSync(temporary, path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  });
}

/** Suffix of the temporary files of `replaceFile`. */
const LEFTOVER = /^\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

const MOST_ATTEMPTS = 3;

/** Error codes of file systems without hard links (exFAT, some network shares). */
const NO_LINKS: ReadonlySet<unknown> = new Set(["EPERM", "ENOTSUP", "ENOSYS", "EOPNOTSUPP"]);

/**
 * Creates a file with its content in one step; returns false if it exists. On file systems without hard links, a process killed midway
 * can leave an empty or partial file.
 */
export async function createExclusively(path: string, content: string | Uint8Array): Promise<boolean> {
  const prepared = `${path}.${randomUUID()}.tmp`;
  try {
    for (let attempt = 1; ; attempt++) {
      await writeNew(prepared, content);
      try {
        await link(prepared, path);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === "ENOENT" && attempt < MOST_ATTEMPTS) continue; // another process took it for a leftover and removed it
        if (code === "EEXIST" && (await isLinked(prepared))) return true;
        if (!NO_LINKS.has(code)) throw error;
        await writeNew(path, content);
      }
      return true;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(prepared, { force: true });
  }
}

/** Whether a new file has a second name: a network file system can repeat a request whose answer was lost, and then say that the name exists. */
async function isLinked(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.nlink === 2;
}

/** Writes a file that must not exist and flushes its content to the disk; a crash may still lose its name. */
async function writeNew(path: string, text: string | Uint8Array): Promise<void> {
  const file = await open(path, "wx");
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Flushes a file to the disk, renames it, and flushes the new name. The content goes first, so that after a power cut the name never
 * refers to an incomplete file.
 */
export async function moveFile(from: string, to: string): Promise<void> {
  await syncFile(from);
  await rename(from, to);
  await syncFolder(dirname(to));
  if (resolve(dirname(from)) !== resolve(dirname(to))) await syncFolder(dirname(from));
}

/** Removes a file, if it exists, and flushes the removal to the disk. */
export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true });
  await syncFolder(dirname(path));
}

/** Flushes a file's content to the disk. */
async function syncFile(path: string): Promise<void> {
  const file = await open(path, "r+"); // Windows flushes only files open for writing
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Creates a folder and its parents, and flushes their names to the disk. */
export async function makeSyncedFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let made = path; ; made = dirname(made)) {
    await syncFolder(dirname(made));
    if (resolve(made) === resolve(first)) return;
  }
}

/** Error codes of file systems that cannot flush a folder (some network shares), and of folders that are writable but not readable. */
const NO_FOLDER_SYNC: ReadonlySet<unknown> = new Set(["EINVAL", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EACCES"]);

/** Flushes a folder's entries, so that a rename in it is durable. Windows cannot open folders; NTFS journals renames. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  try {
    const folder = await open(path, "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (error) {
    if (!NO_FOLDER_SYNC.has((error as NodeJS.ErrnoException).code)) throw error;
  }
}
