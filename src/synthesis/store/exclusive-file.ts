// Creates a file with its content in one step, for the first that tries.
import { randomUUID } from "node:crypto";
import { link, open, rm } from "node:fs/promises";
import { isCode } from "./error-codes.ts";

/**
 * Creates a file; false when it exists. Where the file system has no hard links (exFAT, some network shares) a process killed in the middle
 * can leave it without its content.
 */
export async function createExclusively(path: string, text: string): Promise<boolean> {
  const prepared = `${path}.${randomUUID()}.tmp`;
  try {
    await write(prepared, text);
    await link(prepared, path);
    return true;
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    if (!["EPERM", "ENOTSUP", "ENOSYS", "EOPNOTSUPP"].some((code) => isCode(error, code))) throw error;
    return await createInTwoSteps(path, text);
  } finally {
    await rm(prepared, { force: true });
  }
}

async function createInTwoSteps(path: string, text: string): Promise<boolean> {
  try {
    await write(path, text);
    return true;
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    throw error;
  }
}

async function write(path: string, text: string): Promise<void> {
  const file = await open(path, "wx");
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
