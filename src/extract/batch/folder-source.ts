// Reads posts from a folder: each .txt file is a text, and a picture with the same name belongs to it.

import { createHash } from "node:crypto";
import { lstat, readdir, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { DataError } from "../../base/errors.ts";
import { type FileFault, readRegularFile } from "../../base/regular-file.ts";
import { sha256 } from "../../base/sha256.ts";
import { binaryKind } from "../../data/file-kind.ts";
import { cannotRead, MAX_LINE_BYTES } from "../../data/lines.ts";
import { type PostRow, type PostSource, postFault, type RowFault } from "./post-rows.ts";

/** In order of preference, when several pictures have the same name. */
const PICTURE_ENDINGS = [".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif", ".tif", ".tiff"] as const;

/**
 * Reads the posts of a folder, by name; a post's id is its file name without ".txt".
 *
 * @throws DataError `data/cannot-read`, `data/no-texts` when it contains no .txt file
 */
export async function folderSource(folder: string): Promise<PostSource> {
  const names = (
    await readdir(folder).catch((error: unknown) => Promise.reject(cannotRead(folder, error)))
  ).sort();
  const texts = names.filter((name) => extname(name).toLowerCase() === ".txt");
  if (texts.length === 0) {
    throw new DataError({
      code: "data/no-texts",
      message: `${folder} contains no .txt files`,
      place: folder,
      remedy: "Write one text per file; a picture with the same name in the folder belongs to the text.",
    });
  }
  const pictures = picturesByStem(names);
  // Only files that are read count: an output may grow in the same folder.
  const read = [...texts, ...texts.flatMap((name) => pictures.get(stemOf(name)) ?? [])];
  async function* rowsFrom(first: number) {
    for (let row = first; row <= texts.length; row++)
      yield await rowOf(folder, texts[row - 1]!, row, pictures); // within the list
  }
  return {
    place: folder,
    counts: "file",
    total: texts.length,
    fingerprint: () => fingerprintOf(folder, read),
    rows: () => rowsFrom(1),
    rowsFrom: ({ row }) => rowsFrom(row),
  };
}

/** A text that cannot be read is one rejected row: work continues. */
class UnreadablePost extends Error {
  readonly fault: FileFault;

  constructor(fault: FileFault) {
    super(fault.problem);
    this.fault = fault;
  }
}

async function rowOf(
  folder: string,
  name: string,
  row: number,
  pictures: ReadonlyMap<string, string>,
): Promise<PostRow> {
  const path = join(folder, name);
  const id = stemOf(name);
  let unreadable: RowFault | undefined;
  const bytes = await readRegularFile(path, MAX_LINE_BYTES, (fault) => new UnreadablePost(fault)).catch(
    (error: unknown) => {
      if (!(error instanceof UnreadablePost)) throw error;
      const { kind, problem } = error.fault;
      const code = kind === "too-large" ? "data/line-too-long" : "data/cannot-read";
      unreadable = { code, message: `${path} ${problem}` };
      return Buffer.alloc(0);
    },
  );
  const key = `${name} ${sha256(bytes)}`;
  const rejected = (fault: RowFault) => ({ row, key, id, fault });
  if (unreadable) return rejected(unreadable);
  const kind = binaryKind(bytes);
  if (kind) return rejected({ code: "data/other-format", message: `${path} is ${kind.what}` });
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return rejected({ code: "data/invalid-utf8", message: `${path}: the text is not valid UTF-8` });
  }
  const fault = postFault({ id, text }, path);
  if (fault) return rejected(fault);
  const image = pictures.get(id);
  return {
    row,
    key,
    post: { id, text, ...(image === undefined ? {} : { image, picture: join(folder, image) }) },
  };
}

function picturesByStem(names: readonly string[]): Map<string, string> {
  const pictures = new Map<string, string>();
  for (const ending of PICTURE_ENDINGS) {
    for (const name of names) {
      const stem = stemOf(name);
      if (extname(name).toLowerCase() === ending && !pictures.has(stem)) pictures.set(stem, name);
    }
  }
  return pictures;
}

function stemOf(name: string): string {
  return name.slice(0, name.length - extname(name).length);
}

/** Hashes file names, sizes and times: reading every picture twice would cost too much. */
async function fingerprintOf(folder: string, names: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const name of names) {
    const path = join(folder, name);
    const found = (await stat(path).catch(absent)) ?? (await lstat(path).catch(absent)); // a link may point nowhere
    hash.update(`${JSON.stringify(name)} ${found?.size} ${found?.mtimeMs}\n`);
  }
  return hash.digest("hex");
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (!["ENOENT", "ENOTDIR", "ELOOP", "EACCES"].includes(error.code ?? "")) throw error;
}
