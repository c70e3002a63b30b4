// The documents that a person accepted, corrected or rejected: a file that training takes as it is, and beside it one of the rejected.
import { RelataError } from "../../base/errors.ts";
import { lockOutput, type OutputLock } from "../../base/output-lock.ts";
import type { Document, JsonObject } from "../../data/document.ts";
import { validDocument } from "../../data/jsonl.ts";
import type { DocumentState, SavedState } from "./answers.ts";
import { SavedLines } from "./saved-lines.ts";

/** `meta.annotation` of a saved document. */
export interface Annotation {
  readonly by: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly state: SavedState;
  /** The model that proposed the labels, and its version. */
  readonly model: string;
  readonly version: string;
}

/** A saved document, and the tag of what was saved. */
export interface SavedDocument {
  readonly document: Document;
  /** Undefined for a line that was there before and does not say who wrote it. */
  readonly annotation: Annotation | undefined;
  readonly tag: string;
}

/** What happens while the files are opened. */
export interface CorrectionsEvents {
  readonly onNotice: (notice: string) => void;
  readonly onDocument?: (document: Document) => void;
}

/** One id's state, in memory. */
interface Known {
  readonly state: SavedState;
  readonly at: string;
}

/**
 * Saves go one after another. A document is in one of two files: `<name>.jsonl` has those that were accepted or corrected, and training takes it as
 * it is; `<name>.rejected.jsonl` has the others, with their state, so that nothing trains on them by accident.
 */
export class Corrections {
  readonly #kept: SavedLines;
  readonly #rejected: SavedLines;
  readonly #known: Map<string, Known>;
  readonly #locks: readonly OutputLock[];
  #last: Promise<unknown> = Promise.resolve();

  private constructor(
    files: { readonly kept: SavedLines; readonly rejected: SavedLines },
    known: Map<string, Known>,
    locks: readonly OutputLock[],
  ) {
    this.#kept = files.kept;
    this.#rejected = files.rejected;
    this.#known = known;
    this.#locks = locks;
  }

  /**
   * Opens both files and locks them against a second server.
   *
   * @param events `onNotice` receives what was repaired after a crash, `onDocument` every document that was saved before
   * @throws DataError `data/output-locked`, `data/cannot-write`, and the codes of lines that are not documents
   */
  static async open(path: string, { onNotice, onDocument }: CorrectionsEvents): Promise<Corrections> {
    const rejectedPath = rejectedOf(path);
    const locks = [await lockOutput(path)];
    const opened: SavedLines[] = [];
    try {
      locks.push(await lockOutput(rejectedPath));
      const known = new Map<string, Known>();
      const twice: { readonly id: string; readonly from: "kept" | "rejected" }[] = [];
      const openOne = async (file: string, from: "kept" | "rejected") => {
        const lines = await SavedLines.open(
          file,
          (document) => {
            onDocument?.(document);
            const annotation = annotationOf(document) ?? {
              at: "",
              state: from === "kept" ? "corrected" : "rejected",
            };
            const other = known.get(document.id);
            // A crash between the two files left it in both: the newer one counts.
            if (other !== undefined)
              twice.push({ id: document.id, from: other.at > annotation.at ? "rejected" : "kept" });
            if (other === undefined || other.at <= annotation.at)
              known.set(document.id, { state: annotation.state, at: annotation.at });
          },
          (line) => onNotice(`${file}:${line} was cut off in the middle of writing, and was removed`),
        );
        opened.push(lines);
        return lines;
      };
      const kept = await openOne(path, "kept");
      const rejected = await openOne(rejectedPath, "rejected");
      for (const { id, from } of twice) {
        await (from === "kept" ? kept : rejected).remove(id);
        onNotice(`document ${JSON.stringify(id)} was in both files of corrections; its newer line was kept`);
      }
      return new Corrections({ kept, rejected }, known, locks);
    } catch (error) {
      for (const lines of opened) await lines.close();
      for (const lock of locks) await lock.release();
      throw error;
    }
  }

  /** Number of documents that are not open. */
  get count(): number {
    return this.#known.size;
  }

  stateOf(id: string): DocumentState {
    return this.#known.get(id)?.state ?? "open";
  }

  /** The saved document; undefined for an open one. */
  async get(id: string): Promise<SavedDocument | undefined> {
    for (const file of [this.#kept, this.#rejected]) {
      const line = file.get(id);
      if (line === undefined) continue;
      const document = await file.read(line);
      return { document, annotation: annotationOf(document), tag: line.tag };
    }
    return undefined;
  }

  /**
   * Saves a document, and returns the tag of what was saved.
   *
   * @param expected the tag that the person saw: that of the saved line, or of the document's line in its file; undefined saves whatever was saved before
   * @param filed the tag of the document's line in its file
   * @throws RelataError `serving/document-changed` if another tag is saved now; DataError the code of a fault of the document, `data/cannot-write`
   */
  save(
    document: Document,
    annotation: Annotation,
    { expected, filed }: { readonly expected: string | undefined; readonly filed: string },
  ): Promise<string> {
    const line = JSON.stringify(validDocument(withAnnotation(document, annotation)));
    const { id } = document;
    const saving = this.#last.then(async () => {
      const now = this.#kept.get(id)?.tag ?? this.#rejected.get(id)?.tag ?? filed;
      if (expected !== undefined && expected !== now) throw changedMeanwhile(id);
      const [to, from] =
        annotation.state === "rejected" ? [this.#rejected, this.#kept] : [this.#kept, this.#rejected];
      const { tag } = await to.save(id, line); // first the new line: a crash here leaves two, of which the newer counts
      await from.remove(id);
      this.#known.set(id, { state: annotation.state, at: annotation.at });
      return tag;
    });
    this.#last = saving.catch(() => undefined); // the caller gets the error, the next save is made
    return saving;
  }

  /** The file of accepted and corrected documents. */
  content(): AsyncGenerator<Buffer> {
    return this.#kept.content();
  }

  /** Waits for what is being saved, then closes and unlocks the files. */
  async close(): Promise<void> {
    await this.#last;
    await this.#kept.close();
    await this.#rejected.close();
    for (const lock of this.#locks) await lock.release();
  }
}

/** `corrections.jsonl` has `corrections.rejected.jsonl` beside it. */
function rejectedOf(path: string): string {
  return path.replace(/(\.jsonl)?$/, ".rejected.jsonl");
}

function withAnnotation(document: Document, annotation: Annotation): Document {
  return { ...document, meta: { ...document.meta, annotation: { ...annotation } } };
}

function annotationOf({ meta }: Document): Annotation | undefined {
  const value = meta?.annotation as JsonObject | undefined;
  const { by, at, state, model = "", version = "" } = value ?? {};
  const isSaved = state === "accepted" || state === "corrected" || state === "rejected";
  if (typeof by !== "string" || typeof at !== "string" || !isSaved) return undefined;
  return { by, at, state, model: String(model), version: String(version) };
}

function changedMeanwhile(id: string): RelataError {
  return new RelataError({
    code: "serving/document-changed",
    message: `document ${JSON.stringify(id)} was saved by someone else, or in another tab, after it was opened`,
    place: "If-Match",
    value: id,
    remedy: "Open it again, look at what was saved, and save what is still wrong.",
  });
}
