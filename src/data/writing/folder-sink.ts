// Output of writers whose format is a folder: it appears complete or not at all, and never replaces one.
import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cannotWrite, writingTo } from "../../base/cannot-write.ts";
import { DataError } from "../../base/errors.ts";
import { isCode } from "../../base/system-errors.ts";

/**
 * Writes a folder: to a temporary one beside it, which is renamed.
 *
 * @throws DataError `data/cannot-write`, `data/folder-not-empty`; and errors from `fill`
 */
export async function writeFolder<T>(
  path: string,
  fill: (write: (name: string, text: string) => Promise<void>) => Promise<T>,
): Promise<T> {
  const names = await readdir(path).catch((error: unknown) => {
    if (isCode(error, "ENOENT")) return undefined;
    throw cannotWrite(path, error);
  });
  if (names !== undefined && names.length > 0) {
    throw new DataError({
      code: "data/folder-not-empty",
      message: `${path} is a folder with files (${names.slice(0, 3).join(", ")}${names.length > 3 ? ", ..." : ""})`,
      place: path,
      value: names.length,
      remedy: "Name a new folder, or empty this one.",
    });
  }
  const temporary = `${path.replace(/[\\/]+$/, "")}.${randomUUID()}.tmp`;
  await writingTo(path, () => mkdir(temporary));
  try {
    const result = await fill((name, text) =>
      writingTo(join(path, name), () => writeFile(join(temporary, name), text)),
    );
    if (names !== undefined) await writingTo(path, () => rmdir(path));
    await writingTo(path, () => rename(temporary, path));
    return result;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
}
