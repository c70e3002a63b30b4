// Reads files and folders of any format and writes their documents as one file of relata's own format, with an account of everything read.
import { mkdir, readdir, stat } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { writingTo } from "../base/cannot-write.ts";
import { requireOwnOutput } from "../base/own-input.ts";
import type { Document, DocumentId } from "./document.ts";
import { writeJsonl } from "./jsonl.ts";
import { cannotRead } from "./lines.ts";
import { formatOf, type ReadFileOptions, streamDocuments } from "./readers.ts";
import type { ReadReport } from "./report.ts";
import { SavedPictures } from "./saved-pictures.ts";
import { type DividedDocuments, type SplitOptions, splitDocuments } from "./split-documents.ts";

/** What to import, and where to. Other options are those of `readDocuments`. */
export interface ImportRequest extends ReadFileOptions {
  /** Files and folders. A folder is one data set if its format says so (brat); otherwise each file in it is read, except pictures. */
  readonly inputs: readonly string[];
  /** File to write, or with `split` a folder; each file is written completely or not at all. */
  readonly out: string;
  /** Divides the documents: each part is written to `<out>/<name of the part>.jsonl`. */
  readonly split?: SplitOptions | undefined;
  /** Folder for pictures that are in the files themselves; default `pictures` beside the written files. */
  readonly pictureFolder?: string | undefined;
  /** Whether to leave out rows with errors, instead of writing nothing. Default false. */
  readonly lossy?: boolean | undefined;
  /** Receives each document that is read. */
  readonly onDocument?: ((document: Document, source: string) => void) | undefined;
}

/** What was read and written. */
export interface ImportAccount {
  readonly out: string;
  /** Number of documents written; 0 if nothing was, because rows have errors or no row is usable. */
  readonly documents: number;
  /** The files written with their numbers of documents. */
  readonly files: readonly WrittenFile[];
  /** How the documents were divided. */
  readonly split?: Pick<DividedDocuments, "groups" | "largest" | "nearTexts"> | undefined;
  /** Number of pictures written, and their folder. */
  readonly pictures: { readonly folder: string; readonly written: number };
  /** Documents whose id another file had already: the file's name was put before it. */
  readonly renamed: number;
  /** The report on each file, in order. */
  readonly sources: readonly ReadReport[];
}

/** A written file. */
interface WrittenFile {
  readonly path: string;
  readonly documents: number;
}

/** Cancels the writing of a file that must not appear. */
class NotUsable extends Error {}

/**
 * Imports files and folders.
 *
 * @throws DataError `data/unknown-format`, `data/cannot-read`, `data/cannot-write`, `data/output-is-input`, `data/output-locked`, `data/cannot-split`; the
 * signal's reason
 * @example
 * import { importDocuments } from "relata/data";
 *
 * const { documents, sources } = await importDocuments({ inputs: ["export.json"], out: "posts.jsonl" });
 * console.log(documents, sources[0]?.annotations?.entities);
 */
export async function importDocuments(request: ImportRequest): Promise<ImportAccount> {
  const { inputs, out, split, lossy = false, onDocument, ...given } = request;
  const pictureFolder = request.pictureFolder ?? join(split === undefined ? dirname(out) : out, "pictures");
  const pictures = new SavedPictures(pictureFolder);
  const reading = { ...given, savePicture: (bytes: Uint8Array, name?: string) => pictures.save(bytes, name) };
  const sources: ReadReport[] = [];
  const ids = new OwnIds();
  async function* documents() {
    for (const input of inputs) {
      for (const path of await filesOf(input, reading)) {
        for (const file of outputsOf(out, split)) await requireOwnOutput(file, [path]);
        const stream = streamDocuments(path, reading);
        for await (const document of stream.documents) {
          const own = ids.own(document, path);
          onDocument?.(own, path);
          yield own;
        }
        sources.push(stream.report());
      }
    }
    const accepted = sources.some((report) => report.accepted > 0);
    const faulty = sources.some((report) => report.rejected > 0);
    if (!accepted || (faulty && !lossy)) throw new NotUsable();
  }
  const { signal } = reading;
  let written: Written = { files: [] };
  try {
    written =
      split === undefined
        ? { files: [await writeTo(out, documents(), signal)] }
        : await writeParts(out, documents(), split, signal);
  } catch (error) {
    if (!(error instanceof NotUsable)) throw error;
  }
  return {
    out,
    documents: written.files.reduce((sum, file) => sum + file.documents, 0),
    ...written,
    pictures: { folder: pictureFolder, written: pictures.size },
    renamed: ids.renamed,
    sources,
  };
}

type Written = Pick<ImportAccount, "files" | "split">;

async function writeTo(
  path: string,
  documents: Iterable<Document> | AsyncIterable<Document>,
  signal: AbortSignal | undefined,
): Promise<WrittenFile> {
  return { path, documents: await writeJsonl(path, documents, signal === undefined ? {} : { signal }) };
}

/** The files that would be written. */
function outputsOf(out: string, split: SplitOptions | undefined): readonly string[] {
  return split === undefined ? [out] : Object.keys(split.shares).map((name) => partPath(out, name));
}

const partPath = (folder: string, name: string) => join(folder, `${name}.jsonl`);

/** Divides documents into parts, and writes each to a file in a folder. */
async function writeParts(
  folder: string,
  documents: AsyncIterable<Document>,
  split: SplitOptions,
  signal: AbortSignal | undefined,
): Promise<Written> {
  const all: Document[] = [];
  for await (const document of documents) all.push(document);
  const { parts, groups, largest, nearTexts } = splitDocuments(all, split);
  await writingTo(folder, () => mkdir(folder, { recursive: true }));
  const files: WrittenFile[] = [];
  for (const [name, own] of Object.entries(parts)) {
    files.push(await writeTo(partPath(folder, name), own, signal));
  }
  return { files, split: { groups, largest, nearTexts } };
}

const PICTURE = /\.(?:jpe?g|png|gif|webp|bmp|tiff?)$/i;

/** The paths to read for an input: itself, or the files in a folder that no format reads as a whole. */
async function filesOf(
  input: string,
  { format, extensions }: Pick<ReadFileOptions, "format" | "extensions">,
): Promise<readonly string[]> {
  const failed = (cause: unknown): never => {
    throw cannotRead(input, cause);
  };
  if (!(await stat(input).catch(failed)).isDirectory()) return [input];
  if ((await formatOf(input, format, extensions)).readsFolders === true) return [input];
  const entries = await readdir(input, { withFileTypes: true }).catch(failed);
  const names = entries.filter(
    (entry) => entry.isFile() && !/^\./.test(entry.name) && !PICTURE.test(entry.name),
  );
  return names.map(({ name }) => join(input, name)).sort();
}

/** Gives documents of several files ids of their own. Duplicates within a file are left to its reader. */
class OwnIds {
  readonly #taken = new Set<DocumentId>();
  renamed = 0;

  own(document: Document, path: string): Document {
    let { id } = document;
    if (this.#taken.has(id)) {
      const name = basename(path, extname(path));
      id = `${name}:${document.id}`;
      for (let time = 2; this.#taken.has(id); time++) id = `${name}-${time}:${document.id}`;
      this.renamed++;
    }
    this.#taken.add(id);
    return id === document.id ? document : { ...document, id };
  }
}
