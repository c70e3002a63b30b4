// Keeps states by key: in memory up to a limit, all further ones in a scratch file.
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeFailure } from "../../base/cannot-write.ts";

export interface StateStoreOptions {
  /** Bytes of states that are kept in memory. */
  readonly memoryBytes: number;
  /** Where the scratch file is made; default: the system's folder for temporary files. */
  readonly folder?: string | undefined;
}

/** Where a row lies: in memory, or in the scratch file at a byte. */
type Place = Float32Array | { readonly offset: number; readonly length: number };

/** Closes the scratch files of stores that nothing refers to any more: several models may share one store. */
const abandoned = new FinalizationRegistry<() => void>((close) => close());

/**
 * Rows of float32 by key. The scratch file has no name once it is open (except on Windows), so the system frees its room however the process
 * ends.
 */
export class StateStore {
  readonly #options: StateStoreOptions;
  readonly #places = new Map<string, Place>();
  #memoryBytes = 0;
  #scratch: { readonly file: number; readonly folder: string; end: number } | undefined;

  constructor(options: StateStoreOptions) {
    this.#options = options;
  }

  has(key: string): boolean {
    return this.#places.has(key);
  }

  /** Bytes in memory and in the scratch file. */
  get bytes(): { readonly memory: number; readonly scratch: number } {
    return { memory: this.#memoryBytes, scratch: this.#scratch?.end ?? 0 };
  }

  /** Adds a row. @throws DataError `data/cannot-write` if the scratch file cannot grow */
  add(key: string, row: Float32Array): void {
    if (this.#memoryBytes + row.byteLength <= this.#options.memoryBytes) {
      this.#memoryBytes += row.byteLength;
      this.#places.set(key, row);
      return;
    }
    this.#scratch ??= this.#openScratch();
    const { file, folder, end } = this.#scratch;
    try {
      writeWhole(file, row, end);
    } catch (cause) {
      ftruncateSync(file, end);
      throw writeFailure(folder, cause);
    }
    this.#scratch.end += row.byteLength;
    this.#places.set(key, { offset: end, length: row.length });
  }

  /** Copies a row into `target` at element `at`; false if it was never added. */
  copy(key: string, target: Float32Array, at: number): boolean {
    const place = this.#places.get(key);
    if (place === undefined) return false;
    if (place instanceof Float32Array) target.set(place, at);
    else readWhole(this.#scratch!.file, target.subarray(at, at + place.length), place.offset); // a place in it means that it is open
    return true;
  }

  #openScratch(): { readonly file: number; readonly folder: string; end: number } {
    const { folder = tmpdir() } = this.#options;
    const path = join(folder, `relata-states-${process.pid}-${performance.now()}`);
    try {
      mkdirSync(folder, { recursive: true });
      const file = openSync(path, "wx+", 0o600);
      const named = process.platform === "win32"; // an open file keeps its name there
      if (!named) unlinkSync(path);
      abandoned.register(this, () => {
        closeSync(file);
        if (named) rmSync(path, { force: true });
      });
      return { file, folder, end: 0 };
    } catch (cause) {
      throw writeFailure(folder, cause);
    }
  }
}

function bytesOf(row: Float32Array): Uint8Array {
  return new Uint8Array(row.buffer, row.byteOffset, row.byteLength);
}

function writeWhole(file: number, row: Float32Array, offset: number): void {
  const bytes = bytesOf(row);
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(file, bytes, done, bytes.length - done, offset + done);
  }
}

function readWhole(file: number, row: Float32Array, offset: number): void {
  const bytes = bytesOf(row);
  for (let done = 0; done < bytes.length; ) {
    const count = readSync(file, bytes, done, bytes.length - done, offset + done);
    if (count === 0) throw new Error(`the scratch file of states ends at ${offset + done}`); // it only ever grows
    done += count;
  }
}
