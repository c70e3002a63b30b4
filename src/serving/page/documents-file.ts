// The documents that a page offers for correction: a file of relata's format, of which only ids and places are in memory.
import type { FileHandle } from "node:fs/promises";
import { counted } from "../../base/counted.ts";
import { DataError } from "../../base/errors.ts";
import { openRegularFile } from "../../base/regular-file.ts";
import { defect, defectError } from "../../data/defects.ts";
import type { Document } from "../../data/document.ts";
import { cannotReadFile } from "../../data/lines.ts";
import { documentOfLine, postOfLine } from "./document-line.ts";
import { type LinePlace, linesWithPlaces, readLineAt } from "./line-file.ts";
import { tagOf } from "./saved-lines.ts";

/** What is in memory. */
interface Index {
  readonly ids: readonly string[];
  readonly places: readonly LinePlace[];
  readonly tags: readonly string[];
  readonly parse: typeof documentOfLine;
}

/** How a file is opened. */
export interface OpenDocuments {
  /** Whether lines may be posts that nobody has labelled; default false. */
  readonly posts?: boolean;
  /** Called for each document. */
  readonly onDocument?: (document: Document) => void;
  /** Receives the share of the file that was read, from 0 to 1. */
  readonly onProgress?: (share: number) => void;
  readonly signal?: AbortSignal;
}

export class DocumentsFile {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #parse: typeof documentOfLine;
  readonly #ids: readonly string[];
  readonly #places: readonly LinePlace[];
  readonly #tags: readonly string[];
  readonly #byId: ReadonlyMap<string, number>;

  private constructor(path: string, file: FileHandle, { ids, places, tags, parse }: Index) {
    this.path = path;
    this.#parse = parse;
    this.#file = file;
    this.#ids = ids;
    this.#places = places;
    this.#tags = tags;
    this.#byId = new Map(ids.map((id, i) => [id, i]));
  }

  /**
   * Reads the file once and checks every document.
   *
   * @throws DataError `data/cannot-read`, `data/duplicate-id`, and the code of the first line that is not a document, with the number of others
   */
  static async open(path: string, options: OpenDocuments = {}): Promise<DocumentsFile> {
    const { posts = false, onDocument, onProgress, signal } = options;
    const parse = posts ? postOfLine : documentOfLine;
    const ids: string[] = [];
    const places: LinePlace[] = [];
    const tags: string[] = [];
    const seen = new Set<string>();
    const faults: DataError[] = [];
    const file = await openRegularFile(path, cannotReadFile(path));
    try {
      const { size } = await file.stat();
      for await (const { offset, length, line, text } of linesWithPlaces(path)) {
        signal?.throwIfAborted();
        const place = `${path}:${line}`;
        try {
          const document = parse(text, place);
          if (seen.has(document.id)) throw usedTwice(document.id, place);
          seen.add(document.id);
          onDocument?.(document);
          ids.push(document.id);
          places.push({ offset, length });
          tags.push(tagOf(text));
        } catch (error) {
          if (!(error instanceof DataError)) throw error;
          faults.push(error);
        }
        onProgress?.(Math.min(1, (offset + length) / size));
      }
      const [first] = faults;
      if (first) throw faulty(first, faults.length - 1, path);
      return new DocumentsFile(path, file, { ids, places, tags, parse });
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get count(): number {
    return this.#ids.length;
  }

  idAt(index: number): string {
    return this.#ids[index]!; // callers count to `count`
  }

  /** Identifies the document's line. */
  tagAt(index: number): string {
    return this.#tags[index]!; // callers count to `count`
  }

  indexOf(id: string): number | undefined {
    return this.#byId.get(id);
  }

  /** @throws DataError `serving/documents-changed` if the file is no longer what it was at the start */
  async read(index: number): Promise<Document> {
    const id = this.idAt(index);
    const line = await readLineAt(this.#file, this.#places[index]!).catch((cause: unknown) => {
      throw changed(this.path, id, cause);
    });
    let document: Document;
    try {
      document = this.#parse(line, this.path);
    } catch (cause) {
      throw changed(this.path, id, cause);
    }
    if (document.id !== id) throw changed(this.path, id);
    return document;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

function usedTwice(id: string, place: string): DataError {
  return defectError(defect("data/duplicate-id", place, `the id ${JSON.stringify(id)} occurs twice`));
}

/** The first fault, and how many lines have others. */
function faulty(first: DataError, others: number, path: string): DataError {
  if (others === 0) return first;
  const { code, message, place, value, remedy } = first;
  return new DataError({
    code,
    message: `${message}; ${counted(others, "other line")} cannot be used either`,
    place,
    value,
    remedy: `${remedy} \`relata validate ${path}\` lists all faults.`,
    cause: first,
  });
}

function changed(path: string, id: string, cause?: unknown): DataError {
  return new DataError({
    code: "serving/documents-changed",
    message: `${path} was changed while it was served: document ${JSON.stringify(id)} is no longer where it was`,
    place: path,
    value: id,
    remedy: "Start the server again; what was saved is kept.",
    cause,
    fault: "work",
  });
}
