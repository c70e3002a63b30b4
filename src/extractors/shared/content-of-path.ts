// Describes the content of a path in a short text that does not depend on its location: a file's bytes, a folder's names and sizes.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { fingerprintFile } from "../../data/fingerprint.ts";
import { SCORES_FILE } from "../student/scores-file.ts";

/**
 * A file is described by its content, a folder (an encoder, pictures, a store) by the names and sizes of its files, a folder of teachers by
 * their scores: its other files depend on how often and when the teachers were interrupted.
 */
export async function contentOfPath(path: string): Promise<string> {
  if (!(await stat(path)).isDirectory()) return `file:${await fingerprintFile(path)}`;
  const scores = join(path, SCORES_FILE);
  if (existsSync(scores)) return `scores:${await fingerprintFile(scores)}`;
  const files: string[] = [];
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    files.push(`${relative(path, file).replaceAll(sep, "/")} ${(await stat(file)).size}`);
  }
  return `folder:${createHash("sha256").update(files.sort().join("\n")).digest("hex")}`;
}
