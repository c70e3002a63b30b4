// Output of the document writers: a file that appears complete or not at all, written in large pieces.
import { replaceFile } from "../base/atomic-file.ts";
import { cannotWrite, writingTo } from "../base/cannot-write.ts";
import { lockOutput } from "../base/output-lock.ts";

const FLUSH_CHARACTERS = 1 << 20; // one write per mebibyte instead of one per line

/** Receives the content of a file, in order. */
export interface FileSink {
  text(text: string): Promise<void>;
  bytes(bytes: Uint8Array): Promise<void>;
}

/**
 * Writes a file atomically; if `fill` throws, the old file is unchanged. A lock excludes other writers meanwhile.
 *
 * @throws DataError `data/cannot-write`, `data/output-locked`; and errors from `fill`.
 */
export async function writeAtomically<T>(path: string, fill: (sink: FileSink) => Promise<T>): Promise<T> {
  await using _lock = await lockOutput(path);
  return await replaceFile(
    path,
    async (file) => {
      const sink = new BufferedSink((data) => writingTo(path, () => file.writeFile(data)));
      const result = await fill(sink);
      await sink.flush();
      return result;
    },
    (cause) => cannotWrite(path, cause),
  );
}

class BufferedSink implements FileSink {
  readonly #write: (data: string | Uint8Array) => Promise<void>;
  #pending = "";

  constructor(write: (data: string | Uint8Array) => Promise<void>) {
    this.#write = write;
  }

  async text(text: string): Promise<void> {
    this.#pending += text;
    if (this.#pending.length >= FLUSH_CHARACTERS) await this.flush();
  }

  async bytes(bytes: Uint8Array): Promise<void> {
    await this.flush();
    await this.#write(bytes);
  }

  async flush(): Promise<void> {
    const pending = this.#pending;
    this.#pending = "";
    if (pending !== "") await this.#write(pending);
  }
}
