// Reads posts without labels as documents: whatever `relata extract` reads, and any other format by its name.
import { statSync } from "node:fs";
import { counted } from "../base/counted.ts";
import { DataError } from "../base/errors.ts";
import type { Document } from "../data/document.ts";
import type { PostSource, RowPost } from "../extract/batch/post-rows.ts";
import type { Output } from "./output.ts";
import { openPostSource } from "./post-source.ts";
import { type ReadingOptions, readingOptions } from "./reading-options.ts";

/** Where to say what was left out. */
type Sayings = Pick<Output, "line" | "style">;

/** Posts as documents without labels. */
export interface PostsToAnnotate {
  readonly documents: readonly Document[];
  /** The folder itself, if the posts were read from a folder: their pictures are in it. */
  readonly pictures: string | undefined;
}

/** Reads the posts and says what was left out. */
export async function postsToAnnotate(
  path: string,
  options: ReadingOptions & { readonly format: string; readonly lines?: boolean | undefined },
  output: Sayings,
): Promise<PostsToAnnotate> {
  const source = options.format === "auto" ? await sourceOf(path, options) : undefined;
  if (source === undefined) return readNamed(path, options, output);
  const documents: Document[] = [];
  const faults: string[] = [];
  let inside = 0;
  for await (const row of source.rows()) {
    if ("fault" in row) faults.push(`${row.fault.code}: ${row.fault.message}`);
    else {
      documents.push(documentOf(row.post));
      if (row.post.picture instanceof Uint8Array) inside++;
    }
  }
  sayLeftOut(faults, source.place, output);
  const kept = source.extra?.describe();
  if (kept !== undefined) output.line(`fields kept in meta: ${kept}`);
  if (inside > 0)
    output.line(
      `${counted(inside, "picture")} inside the file cannot be shown: save them to a folder for --pictures`,
    );
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  return { documents, pictures: isFolder ? path : undefined };
}

/** The file as posts; undefined if it is of another kind, such as CoNLL. */
async function sourceOf(
  path: string,
  { lines, offsets }: ReadingOptions & { readonly lines?: boolean | undefined },
): Promise<PostSource | undefined> {
  try {
    return await openPostSource(path, { lines, offsets });
  } catch (error) {
    if (error instanceof DataError && error.code === "data/other-format" && lines !== true) return undefined;
    throw error;
  }
}

async function readNamed(
  path: string,
  options: ReadingOptions & { readonly format: string },
  output: Sayings,
): Promise<PostsToAnnotate> {
  const { readDocuments } = await import("../data/readers.ts");
  const { documents, report } = await readDocuments(
    path,
    await readingOptions(options, { path, format: options.format }),
  );
  sayLeftOut(
    Array.from({ length: report.rejected }, () => "relata validate lists them"),
    path,
    output,
  );
  return { documents: documents.map(documentOf), pictures: undefined };
}

function documentOf({ id, text, image, meta }: RowPost | Document): Document {
  return {
    id,
    text,
    ...(image === undefined ? {} : { image }),
    entities: [],
    relations: [],
    ...(meta === undefined ? {} : { meta }),
  };
}

function sayLeftOut(faults: readonly string[], place: string, output: Sayings): void {
  if (faults.length === 0) return;
  output.line(
    output.style(
      "yellow",
      `left out ${counted(faults.length, "row")} of ${place} that cannot be used; first: ${faults[0]}`,
    ),
  );
}
