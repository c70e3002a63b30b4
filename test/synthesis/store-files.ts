// What a store holds, for comparing two of them.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** SHA-256 of every file by its name; `timings.jsonl` holds clock times and does not count when stores are compared. */
export function storeFiles(folder: string): Readonly<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name === "timings.jsonl") continue;
    const path = join(entry.parentPath, entry.name);
    files[path.slice(folder.length + 1)] = createHash("sha256").update(readFileSync(path)).digest("hex");
  }
  return files;
}
