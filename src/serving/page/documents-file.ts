// The documents that a page offers for correction: a file of relata's format, of which only ids and places are in memory.
import { type FileHandle, open } from "node:fs/promises";
import { DataError } from "../../base/errors.ts";
import { defect, defectError } from "../../data/defects.ts";
import type { Document } from "../../data/document.ts";
import { documentOfLine } from "./document-line.ts";
import { type LinePlace, linesWithPlaces, readLineAt } from "./line-file.ts";
import { tagOf } from "./saved-lines.ts";

/** Labels, sorted. */
export interface KnownLabels {
  readonly entities: readonly string[];
  readonly relations: readonly string[];
  readonly categories: readonly string[];
}

/** What is in memory. */
interface Index {
  readonly ids: readonly string[];
  readonly places: readonly LinePlace[];
  readonly tags: readonly string[];
  readonly labels: KnownLabels;
}

export class DocumentsFile {
  readonly path: string;
  readonly labels: KnownLabels;
  readonly #file: FileHandle;
  readonly #ids: readonly string[];
  readonly #places: readonly LinePlace[];
  readonly #tags: readonly string[];
  readonly #byId: ReadonlyMap<string, number>;

  private constructor(path: string, file: FileHandle, { ids, places, tags, labels }: Index) {
    this.path = path;
    this.labels = labels;
    this.#file = file;
    this.#ids = ids;
    this.#places = places;
    this.#tags = tags;
    this.#byId = new Map(ids.map((id, i) => [id, i]));
  }

  /**
   * Reads the file once and checks every document.
   *
   * @param onDocument called for each
   * @throws DataError `data/cannot-read`, `data/duplicate-id`, and the codes of a line that is not a document
   */
  static async open(path: string, onDocument?: (document: Document) => void): Promise<DocumentsFile> {
    const ids: string[] = [];
    const places: LinePlace[] = [];
    const tags: string[] = [];
    const seen = new Set<string>();
    const [entities, relations, categories] = [new Set<string>(), new Set<string>(), new Set<string>()];
    for await (const { offset, length, line, text } of linesWithPlaces(path)) {
      const place = `${path}:${line}`;
      const document = documentOfLine(text, place);
      if (seen.has(document.id))
        throw defectError(
          defect("data/duplicate-id", place, `the id ${JSON.stringify(document.id)} occurs twice`),
        );
      seen.add(document.id);
      onDocument?.(document);
      ids.push(document.id);
      places.push({ offset, length });
      tags.push(tagOf(text));
      for (const { label } of document.entities) entities.add(label);
      for (const { label } of document.relations) relations.add(label);
      if (document.category) categories.add(document.category.label);
    }
    const labels = {
      entities: [...entities].sort(),
      relations: [...relations].sort(),
      categories: [...categories].sort(),
    };
    return new DocumentsFile(path, await open(path, "r"), { ids, places, tags, labels });
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
      document = documentOfLine(line, this.path);
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
