// What `relata push` and `relata pull` share: the hub's address, and the list of files.

import { formatBytes } from "../base/format-bytes.ts";
import type { RepositoryFile } from "../hub/files-to-push.ts";
import { formatTable } from "./table.ts";

export const ENDPOINT_OPTION = [
  "--endpoint <address>",
  "address of the hub (default: HF_ENDPOINT, or https://huggingface.co)",
] as const;

/** The files with their sizes. */
export function describeFiles(files: readonly RepositoryFile[]): string {
  return formatTable(
    ["file", "size"],
    files.map(({ path, bytes }) => [path, formatBytes(bytes)]),
  );
}
