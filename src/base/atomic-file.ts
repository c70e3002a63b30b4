// Writes files so that they appear complete or not at all: into a neighbour that is forced to the disk, then renamed or linked to its place.
import { randomUUID } from "node:crypto";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { type FileHandle, link, open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { writingTo, writingToSync } from "./cannot-write.ts";

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
    await syncFolder(dirname(path)).catch(fail);
    return result;
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/**
 * The same for a file that one process at a time writes: it also removes what killed ones left beside it. Not for files that several write,
 * whose replacements may be under way.
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
 * The same for callers that cannot wait; what killed ones left stays until the next time.
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

/** What `replaceFile` adds to a name while it writes. */
const LEFTOVER = /^\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

const MOST_ATTEMPTS = 3;

/** What file systems without hard links (exFAT, some network shares) answer when one is wanted. */
const NO_LINKS: ReadonlySet<unknown> = new Set(["EPERM", "ENOTSUP", "ENOSYS", "EOPNOTSUPP"]);

/**
 * Creates a file with its content in one step, for the first that tries; false when it exists. Where the file system has no hard links a
 * process killed in the middle can leave it without its content.
 */
export async function createExclusively(path: string, text: string): Promise<boolean> {
  const prepared = `${path}.${randomUUID()}.tmp`;
  try {
    for (let attempt = 1; ; attempt++) {
      await writeNew(prepared, text);
      try {
        await link(prepared, path);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === "ENOENT" && attempt < MOST_ATTEMPTS) continue; // taken for a killed process's and removed
        if (!NO_LINKS.has(code)) throw error;
        await writeNew(path, text);
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

/** Writes a file that must not be there and brings its content to the disk; its name may still be lost. */
export async function writeNew(path: string, text: string | Uint8Array): Promise<void> {
  const file = await open(path, "wx");
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Gives a file that is on the disk its name, and brings the name to the disk. The content is forced there first, so that after a power cut
 * the name never stands for less than the whole.
 */
export async function moveFile(from: string, to: string): Promise<void> {
  await syncFile(from);
  await rename(from, to);
  await syncFolder(dirname(to));
  if (resolve(dirname(from)) !== resolve(dirname(to))) await syncFolder(dirname(from));
}

/** Removes a file, if it is there, and brings that to the disk. */
export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true });
  await syncFolder(dirname(path));
}

/** Forces a file's content to the disk. */
async function syncFile(path: string): Promise<void> {
  const file = await open(path, "r+"); // Windows forces only what may be written
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** What file systems answer that cannot force a folder to the disk (some network shares), and folders that may be written but not read. */
const NO_FOLDER_SYNC: ReadonlySet<unknown> = new Set(["EINVAL", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EACCES"]);

/** Forces a folder's entries to the disk, so that a rename in it is durable; Windows cannot open folders, NTFS keeps renames by its journal. */
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
