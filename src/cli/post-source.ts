// Opens what a command reads posts from: JSON lines, Parquet, a folder of texts, plain lines, or standard input.
import { statSync } from "node:fs";
import type { OffsetUnit } from "../data/offset-units.ts";
import type { PostSource } from "../extract/batch/post-rows.ts";

/** How the posts are read. */
export interface PostSourceOptions {
  /** Whether each line is the text of one post. */
  readonly lines?: boolean | undefined;
  /** What the offsets of documents count. */
  readonly offsets?: OffsetUnit | undefined;
}

/**
 * Opens a file, a folder or `-` for standard input.
 *
 * @throws DataError `data/other-format`, `data/cannot-read`, `data/no-texts`
 */
export async function openPostSource(
  input: string,
  { lines = false, offsets }: PostSourceOptions,
): Promise<PostSource> {
  if (lines) {
    const { textLinesFile, textLinesStream } = await import("../extract/batch/text-lines-source.ts");
    if (input === "-") return textLinesStream(process.stdin, "stdin");
    for await (const _ of textLinesFile(input).rows()) break; // refuses a file of another kind before starting the output
    return textLinesFile(input);
  }
  const { jsonlFile, jsonlStream } = await import("../extract/batch/jsonl-source.ts");
  if (input === "-") return jsonlStream(process.stdin, "stdin", offsets);
  if (statSync(input, { throwIfNoEntry: false })?.isDirectory()) {
    const { folderSource } = await import("../extract/batch/folder-source.ts");
    return folderSource(input);
  }
  if (!input.endsWith(".parquet") && !(await isParquetFile(input))) {
    for await (const _ of jsonlFile(input).rows()) break; // refuses a file of another kind before starting the output
    return jsonlFile(input, offsets);
  }
  const { parquetSource } = await import("../extract/batch/parquet-source.ts");
  return parquetSource(input, offsets);
}

/** Tells whether a file without a telling name is Parquet; its reader reports a file that cannot be opened. */
async function isParquetFile(path: string): Promise<boolean> {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return false;
  const { open } = await import("node:fs/promises");
  const file = await open(path).catch(() => undefined);
  try {
    const { bytesRead, buffer } = (await file?.read(Buffer.alloc(4), 0, 4, 0)) ?? {
      bytesRead: 0,
      buffer: Buffer.alloc(0),
    };
    return bytesRead === 4 && buffer.toString("latin1") === "PAR1";
  } finally {
    await file?.close();
  }
}
