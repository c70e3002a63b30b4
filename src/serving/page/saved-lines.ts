// A file of documents with one line for each id, which grows by appending and is rewritten whole when a line leaves it. A crash loses
// at most the line that was being written, never an earlier one.
import { type FileHandle, open, rm } from "node:fs/promises";
import { replaceFile } from "../../base/atomic-file.ts";
import { writingTo } from "../../base/cannot-write.ts";
import { exists } from "../../base/exists.ts";
import { sha256 } from "../../base/sha256.ts";
import { defect, defectError } from "../../data/defects.ts";
import type { Document } from "../../data/document.ts";
import { parseJsonLine } from "../../data/jsonl.ts";
import { documentOfLine } from "./document-line.ts";
import { type LinePlace, linesWithPlaces, readLineAt } from "./line-file.ts";

/** How much of a file is copied at once. */
const COPIED_BYTES = 1_000_000;
const TAG_DIGITS = 16;

/** A saved line. */
export interface SavedLine extends LinePlace {
  /** Begins the SHA-256 of the line. */
  readonly tag: string;
}

/** Identifies a line: another content has another tag. */
export function tagOf(line: string): string {
  return sha256(line).slice(0, TAG_DIGITS);
}

/** The lines of one file, by id. One process writes it. */
export class SavedLines {
  readonly path: string;
  readonly #lines = new Map<string, SavedLine>();
  #file: FileHandle;
  #size = 0;

  private constructor(path: string, file: FileHandle) {
    this.path = path;
    this.#file = file;
  }

  /**
   * Opens the file, or creates it. A last line that a crash cut off is removed.
   *
   * @param onDocument called for each document
   * @param onCut called with a last line that was removed
   * @throws DataError codes of a line that is not a document, `data/duplicate-id`, `data/cannot-write`
   */
  static async open(
    path: string,
    onDocument: (document: Document) => void,
    onCut: (line: number) => void,
  ): Promise<SavedLines> {
    const isNew = !(await exists(path));
    const file = await writingTo(path, () => open(path, isNew ? "ax+" : "r+"));
    const saved = new SavedLines(path, file);
    try {
      if (!isNew) await saved.#readAll(onDocument, onCut);
      return saved;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get size(): number {
    return this.#lines.size;
  }

  /** The file's length in bytes. */
  get bytes(): number {
    return this.#size;
  }

  ids(): IterableIterator<string> {
    return this.#lines.keys();
  }

  get(id: string): SavedLine | undefined {
    return this.#lines.get(id);
  }

  /** The saved document. */
  async read(line: SavedLine): Promise<Document> {
    return documentOfLine(await readLineAt(this.#file, line), this.path);
  }

  /** Appends a new id's line, or rewrites the file with the line in place of the id's earlier one. @throws DataError `data/cannot-write` */
  async save(id: string, text: string): Promise<SavedLine> {
    if (this.#lines.has(id)) await this.#rewrite(id, text);
    else await this.#append(text);
    const length = Buffer.byteLength(text);
    const line = { offset: this.#size - length - 1, length, tag: tagOf(text) };
    this.#lines.set(id, line);
    return line;
  }

  /** Removes an id's line, if there is one. @throws DataError `data/cannot-write` */
  async remove(id: string): Promise<void> {
    if (!this.#lines.has(id)) return;
    await this.#rewrite(id, undefined);
    this.#lines.delete(id);
  }

  /** The file's content as it is now, in pieces. */
  async *content(): AsyncGenerator<Buffer> {
    const end = this.#size;
    const file = await open(this.path, "r"); // a rewriting gives the name to another file; this one stays whole
    try {
      for (let at = 0; at < end; at += COPIED_BYTES) {
        const piece = Buffer.alloc(Math.min(COPIED_BYTES, end - at));
        const { bytesRead } = await file.read(piece, 0, piece.length, at);
        yield piece.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  }

  /** Closes the file, and removes one that has no line. */
  async close(): Promise<void> {
    await this.#file.close();
    if (this.#size === 0) await rm(this.path, { force: true });
  }

  async #readAll(onDocument: (document: Document) => void, onCut: (line: number) => void): Promise<void> {
    for await (const { offset, length, line, text, isEnded } of linesWithPlaces(this.path)) {
      const place = `${this.path}:${line}`;
      if (!isEnded && parseJsonLine(text, place).defects.length > 0) {
        await writingTo(this.path, async () => {
          await this.#file.truncate(offset);
          await this.#file.sync();
        });
        onCut(line);
        continue;
      }
      const document = documentOfLine(text, place);
      if (this.#lines.has(document.id))
        throw defectError(
          defect("data/duplicate-id", place, `the id ${JSON.stringify(document.id)} occurs twice`),
        );
      this.#lines.set(document.id, { offset, length, tag: tagOf(text) });
      this.#size = offset + length + 1;
      if (!isEnded) await this.#write("\n", offset + length);
      onDocument(document);
    }
  }

  async #append(text: string): Promise<void> {
    const size = this.#size;
    try {
      await this.#write(`${text}\n`, size);
    } catch (error) {
      await this.#file.truncate(size); // a full disk leaves part of a line
      throw error;
    }
    this.#size = size + Buffer.byteLength(text) + 1;
  }

  #write(text: string, at: number): Promise<void> {
    return writingTo(this.path, async () => {
      const bytes = Buffer.from(text);
      for (let done = 0; done < bytes.length; ) {
        done += (await this.#file.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
      }
      await this.#file.sync();
    });
  }

  /** Writes the file without an id's line, and with a new last line if one is given. */
  async #rewrite(id: string, added: string | undefined): Promise<void> {
    const gone = this.#lines.get(id)!; // both callers look
    const removed = gone.length + 1;
    await writingTo(this.path, () =>
      replaceFile(this.path, async (file) => {
        for await (const piece of this.#except(gone.offset, removed)) await file.write(piece);
        if (added !== undefined) await file.write(`${added}\n`);
      }),
    );
    await this.#file.close();
    this.#file = await open(this.path, "r+");
    for (const [other, line] of this.#lines) {
      if (line.offset > gone.offset) this.#lines.set(other, { ...line, offset: line.offset - removed });
    }
    this.#size += (added === undefined ? 0 : Buffer.byteLength(added) + 1) - removed;
  }

  async *#except(offset: number, length: number): AsyncGenerator<Buffer> {
    let at = 0;
    for await (const piece of this.content()) {
      const before = piece.subarray(0, Math.max(0, offset - at));
      const after = piece.subarray(Math.min(piece.length, Math.max(0, offset + length - at)));
      if (before.length > 0) yield before;
      if (after.length > 0) yield after;
      at += piece.length;
    }
  }
}
