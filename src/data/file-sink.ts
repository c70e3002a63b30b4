// Where the writers of documents put text and bytes: a file that appears complete or not at all, in writes of a good size.
import type { FileHandle } from "node:fs/promises";
import { replaceFile } from "../atomic-file.ts";
import { DataError } from "../errors.ts";

const FLUSH_CHARACTERS = 1 << 20; // one write per mebibyte instead of one per line

/** Takes what a file shall hold, in order. */
export interface FileSink {
  text(text: string): Promise<void>;
  bytes(bytes: Uint8Array): Promise<void>;
}

/**
 * Writes a file atomically; whatever `fill` throws, the old file stays as it was.
 *
 * @param operation the function that the user called, for the message.
 * @throws DataError `data/cannot-write`; and what `fill` throws.
 */
export async function writeAtomically<T>(
  operation: string,
  path: string,
  fill: (sink: FileSink) => Promise<T>,
): Promise<T> {
  const failure = (error: unknown) => cannotWrite(operation, path, error);
  return replaceFile(
    path,
    async (file) => {
      const sink = new BufferedSink(file, failure);
      const result = await fill(sink);
      await sink.flush();
      return result;
    },
    failure,
  );
}

class BufferedSink implements FileSink {
  readonly #file: FileHandle;
  readonly #failure: (error: unknown) => DataError;
  #pending = "";

  constructor(file: FileHandle, failure: (error: unknown) => DataError) {
    this.#file = file;
    this.#failure = failure;
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

  #write(data: string | Uint8Array): Promise<void> {
    return this.#file.writeFile(data).catch((error: unknown) => Promise.reject(this.#failure(error)));
  }
}

function cannotWrite(operation: string, path: string, cause: unknown): DataError {
  return new DataError({
    code: "data/cannot-write",
    message: `${operation}: cannot write ${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
    place: path,
    value: path,
    remedy: "Check that the folder exists, may be written to and has room.",
    cause,
    fault: "work",
  });
}
