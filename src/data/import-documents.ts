// Reads files and folders of any format and writes their documents as one file of relata's own format, with an account of everything read.
import { readdir, stat } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import type { Document, DocumentId } from "./document.ts";
import { writeJsonl } from "./jsonl.ts";
import { cannotRead } from "./lines.ts";
import { formatOf, type ReadFileOptions, streamDocuments } from "./readers.ts";
import type { ReadReport } from "./report.ts";

/** What to import, and where to. Other options are those of `readDocuments`. */
export interface ImportRequest extends ReadFileOptions {
  /** Files and folders. A folder is one data set if its format says so (brat); otherwise each file in it is read, except pictures. */
  readonly inputs: readonly string[];
  /** File to write; it is written completely or not at all. */
  readonly out: string;
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
  /** Documents whose id another file had already: the file's name was put before it. */
  readonly renamed: number;
  /** The report on each file, in order. */
  readonly sources: readonly ReadReport[];
}

/** Cancels the writing of a file that must not appear. */
class NotUsable extends Error {}

/**
 * Imports files and folders.
 *
 * @throws DataError `data/unknown-format`, `data/cannot-read`, `data/cannot-write`, `data/output-locked`; the signal's reason
 * @example
 * import { importDocuments } from "relata/data";
 *
 * const { documents, sources } = await importDocuments({ inputs: ["export.json"], out: "posts.jsonl" });
 * console.log(documents, sources[0]?.annotations?.entities);
 */
export async function importDocuments(request: ImportRequest): Promise<ImportAccount> {
  const { inputs, out, lossy = false, onDocument, ...reading } = request;
  const sources: ReadReport[] = [];
  const ids = new OwnIds();
  async function* documents() {
    for (const input of inputs) {
      for (const path of await filesOf(input, reading)) {
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
  let written = 0;
  try {
    written = await writeJsonl(out, documents(), signal === undefined ? {} : { signal });
  } catch (error) {
    if (!(error instanceof NotUsable)) throw error;
  }
  return { out, documents: written, renamed: ids.renamed, sources };
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
