// Appends to a file so that what was appended is on the disk when the promise resolves. What arrives while the disk is busy is written
// together, with one sync.
import { existsSync } from "node:fs";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { syncFolder } from "../../base/atomic-file.ts";
import { cannotWriteStore, writingStore } from "./manifest.ts";

/** A file that grows; one writer at a time. */
export class Appender {
  readonly #path: string;
  readonly #file: FileHandle;
  #waiting: {
    readonly bytes: Uint8Array;
    readonly resolve: () => void;
    readonly reject: (error: unknown) => void;
  }[] = [];
  #writing: Promise<void> | undefined;
  /** The error after which nothing more is written: behind a partial entry nothing could be read again. */
  #broken: Error | undefined;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  /**
   * Opens a file, new or not; the name of a new one is on the disk, so that its content survives a power failure.
   *
   * @throws SynthesisError `synthesis/cannot-write`
   */
  static open(path: string): Promise<Appender> {
    return writingStore(path, async () => {
      await mkdir(dirname(path), { recursive: true });
      const isNew = !existsSync(path);
      const file = await open(path, "a+");
      if (isNew) await syncFolder(dirname(path));
      return new Appender(path, file);
    });
  }

  /** The open file, for reading what was appended. */
  get file(): FileHandle {
    return this.#file;
  }

  /** @throws SynthesisError `synthesis/cannot-write`, and again at every later call */
  append(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ bytes, resolve, reject });
      this.#writing ??= this.#write();
    });
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#file.close();
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        if (this.#broken !== undefined) throw this.#broken;
        await this.#file.appendFile(Buffer.concat(batch.map(({ bytes }) => bytes)));
        await this.#file.datasync();
        for (const { resolve } of batch) resolve();
      } catch (error) {
        this.#broken ??= cannotWriteStore(this.#path, error);
        for (const { reject } of batch) reject(this.#broken);
      }
    }
    this.#writing = undefined;
  }
}
