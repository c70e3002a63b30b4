// Writes a tar file entry by entry and syncs it to disk at the end.
import { type FileHandle, open, rm } from "node:fs/promises";
import { type Pack, pack } from "tar-stream";

/** A fixed time, so that the same content produces the same bytes. */
const ENTRY_TIME = new Date(0);

export class TarFile {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #pack: Pack = pack();
  readonly #written: Promise<void>;
  #isClosed = false;
  #failure: unknown;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
    this.#written = this.#write();
    this.#written.catch(() => undefined); // reported by `add` and `finish`
  }

  /** Creates a file that must not exist yet. */
  static async create(path: string): Promise<TarFile> {
    return new TarFile(path, await open(path, "wx"));
  }

  async add(name: string, content: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const entry = { name, size: content.length, mtime: ENTRY_TIME, mode: 0o644 };
    const added = new Promise<void>((resolve, reject) => {
      // As a stream, because an entry passed whole does not wait for the disk.
      this.#pack.entry(entry, (error) => (error ? reject(error) : resolve())).end(Buffer.from(content));
    });
    // A full disk closes the file, and the entry would wait forever.
    await Promise.race([added, this.#written]).catch((error: unknown) => {
      throw this.#failure ?? error; // an entry in progress reports only that the file ended
    });
  }

  /** Ends the file and syncs it to disk. */
  async finish(): Promise<void> {
    this.#pack.finalize();
    await this.#written;
    await this.#file.sync();
    await this.#close();
  }

  /** Removes the file, finished or not. */
  async abandon(): Promise<void> {
    this.#pack.destroy();
    await this.#written.catch(() => undefined); // the reason for abandoning it is known
    await this.#close();
    await rm(this.#path, { force: true });
  }

  async #write(): Promise<void> {
    for await (const chunk of this.#pack) {
      await this.#file.writeFile(chunk as Uint8Array).catch((error: unknown) => {
        this.#failure = error;
        throw error;
      });
    }
  }

  async #close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#file.close();
  }
}
