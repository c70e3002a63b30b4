// Features of pictures on disk, so that a frozen extractor runs once per picture: an append-only data file and its index.
//
// A record is written before its index entry, and both have checksums. After a crash the index is trusted up to its first
// fault, complete records after it are recovered, and an unfinished tail is truncated and reported. Reads are positioned: only
// the requested record is read, and the operating system's page cache keeps what is in use.
import { constants } from "node:fs";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { writeFailure, writeRemedy } from "../base/cannot-write.ts";
import { DataError } from "../base/errors.ts";
import { lockFolder, type OutputLock } from "../base/output-lock.ts";
import { requireRegularFileSync } from "../base/whole-file.ts";
import { type Defect, defect } from "./defects.ts";
import {
  decodeEntry,
  decodeHead,
  decodeRecord,
  ENTRY_BYTES,
  encodeEntry,
  encodeRecord,
  type FeatureKey,
  type Features,
  featureKey,
  HEAD_BYTES,
  type RecordPlace,
} from "./feature-record.ts";
import type { PictureHash } from "./pictures.ts";
import { readAt, writeAt } from "./positioned-file.ts";

const DATA_MAGIC = Buffer.from("RELATA-FEATURES1");
const INDEX_MAGIC = Buffer.from("RELATA-FEATIDX-1");

export interface FeatureCacheOptions {
  /** Fingerprint of everything that affects the features: extractor weights, input size, preprocessing. */
  readonly extractor: string;
  /**
   * If another process is writing to the folder, open it read-only instead of throwing. Missing features are then computed but not stored.
   */
  readonly shared?: boolean | undefined;
}

/** Activity of the cache since it was opened; `corrupted` entries are computed again. */
export interface FeatureCacheReport {
  /** Entries of all extractors in this folder. */
  readonly entries: number;
  readonly hits: number;
  readonly computed: number;
  readonly corrupted: number;
  /** Recovered records that a crash had left without an index entry. */
  readonly recovered: number;
  /** Bytes of unfinished writes that were removed. */
  readonly discardedBytes: number;
  readonly defects: readonly Defect[];
}

/**
 * One writer at a time may open a folder, while others may read; within a process, concurrent callers share one computation per picture.
 *
 * @example
 * await using cache = await FeatureCache.open("cache/resnet50", { extractor: fingerprint });
 * const { maps, logits } = await cache.getOrCompute(await hashPicture(path), () => extract(path));
 */
export class FeatureCache {
  readonly folder: string;
  readonly #extractor: string;
  readonly #data: FileHandle;
  readonly #index: FileHandle;
  /** Absent if another process writes and this one only reads. */
  readonly #lock: OutputLock | undefined;
  readonly #places = new Map<FeatureKey, RecordPlace>();
  readonly #inFlight = new Map<FeatureKey, Promise<Features>>();
  readonly #defects: Defect[] = [];
  #dataEnd = DATA_MAGIC.length;
  #indexEnd = INDEX_MAGIC.length;
  #lastWrite: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;
  #hits = 0;
  #computed = 0;
  #corrupted = 0;
  #recovered = 0;
  #discardedBytes = 0;

  private constructor(
    folder: string,
    extractor: string,
    data: FileHandle,
    index: FileHandle,
    lock: OutputLock | undefined,
  ) {
    this.folder = folder;
    this.#extractor = extractor;
    this.#data = data;
    this.#index = index;
    this.#lock = lock;
  }

  /**
   * Opens or creates the cache in `folder`, and repairs the effects of a crash.
   *
   * @throws DataError `data/folder-locked`, `data/not-a-feature-cache`, `data/cache-failed`.
   */
  static async open(
    folder: string,
    { extractor, shared = false }: FeatureCacheOptions,
  ): Promise<FeatureCache> {
    let lock: OutputLock | undefined;
    const files: FileHandle[] = [];
    try {
      await mkdir(folder, { recursive: true });
      lock = await lockFolder(folder).catch((error: unknown) => {
        if (shared && error instanceof DataError && error.code === "data/folder-locked") return undefined;
        throw error;
      });
      for (const [name, magic] of [
        ["features.bin", DATA_MAGIC],
        ["features.index", INDEX_MAGIC],
      ] as const) {
        requireRegularFileSync(join(folder, name)); // opening a pipe would block
        const file = await open(join(folder, name), constants.O_RDWR | constants.O_CREAT, 0o644);
        files.push(file);
        await checkMagic(file, magic, join(folder, name));
      }
      const [data, index] = files as [FileHandle, FileHandle];
      const cache = new FeatureCache(folder, extractor, data, index, lock);
      await cache.#readIndex();
      if (lock) await cache.#recover();
      return cache;
    } catch (error) {
      for (const file of files) await file.close();
      await lock?.release();
      throw error instanceof DataError ? error : failed("open", folder, error);
    }
  }

  has(picture: PictureHash): boolean {
    return this.#places.has(featureKey(picture, this.#extractor));
  }

  /** The stored features, or undefined if there are none or they are corrupted (which the report counts). */
  async get(picture: PictureHash): Promise<Features | undefined> {
    this.#requireOpen("get");
    return this.#read(featureKey(picture, this.#extractor));
  }

  /**
   * Returns the features of a picture: the stored ones, or those of `compute`, which are then stored. Concurrent callers get the same
   * object, so treat it as read-only. If `compute` fails, all its callers get the error and the next call tries again.
   *
   * @throws DataError `data/bad-features`, `data/cache-failed`, `data/cannot-write`, `data/cache-closed`; and errors from `compute`.
   */
  getOrCompute(picture: PictureHash, compute: () => Promise<Features>): Promise<Features> {
    const key = featureKey(picture, this.#extractor);
    const running = this.#inFlight.get(key);
    if (running) return running;
    const result = this.#readOrCompute(key, compute).finally(() => this.#inFlight.delete(key));
    this.#inFlight.set(key, result);
    return result;
  }

  async #readOrCompute(key: FeatureKey, compute: () => Promise<Features>): Promise<Features> {
    this.#requireOpen("getOrCompute");
    const stored = await this.#read(key);
    if (stored) return stored;
    const features = await compute();
    this.#computed++;
    const bytes = encodeRecord(key, features);
    if (!this.#lock) return features;
    const write = this.#lastWrite.then(() => this.#append(key, bytes));
    this.#lastWrite = write.catch(() => undefined); // the caller gets the error; the next write still takes its turn
    await write;
    return features;
  }

  /** Reads every entry and returns the defects of those that do not match their checksums. */
  async verify(): Promise<readonly Defect[]> {
    this.#requireOpen("verify");
    const before = this.#defects.length;
    for (const key of [...this.#places.keys()]) await this.#read(key);
    return this.#defects.slice(before);
  }

  report(): FeatureCacheReport {
    return {
      entries: this.#places.size,
      hits: this.#hits,
      computed: this.#computed,
      corrupted: this.#corrupted,
      recovered: this.#recovered,
      discardedBytes: this.#discardedBytes,
      defects: [...this.#defects],
    };
  }

  /** Waits for pending work, flushes it to the disk and unlocks the folder. Further calls do nothing. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#inFlight.values());
    await this.#lastWrite;
    try {
      if (this.#lock) {
        await this.#data.datasync();
        await this.#index.datasync();
      }
    } catch (error) {
      throw writeFailure(this.folder, error);
    } finally {
      await this.#data.close();
      await this.#index.close();
      await this.#lock?.release();
    }
  }

  async #read(key: FeatureKey): Promise<Features | undefined> {
    const place = this.#places.get(key);
    if (place === undefined) return undefined;
    let bytes: Buffer;
    try {
      bytes = await readAt(this.#data, place.offset, place.length);
    } catch (error) {
      throw failed("get", this.folder, error);
    }
    const features = decodeRecord(bytes, key);
    if (features) {
      this.#hits++;
      return features;
    }
    if (this.#places.get(key) === place) {
      this.#places.delete(key);
      this.#corrupted++;
      const message = `the entry of ${place.length} bytes at ${place.offset} does not match its checksum`;
      this.#defects.push(defect("data/corrupted-features", this.#placeOf(place.offset), message, key));
    }
    return undefined;
  }

  /** Both writes go to known positions, so the next write overwrites the remains of a failed one. */
  async #append(key: FeatureKey, bytes: Buffer): Promise<void> {
    const place: RecordPlace = { key, offset: this.#dataEnd, length: bytes.length };
    try {
      await writeAt(this.#data, bytes, place.offset);
      await this.#addEntry(place);
    } catch (error) {
      throw writeFailure(this.folder, error);
    }
  }

  async #addEntry(place: RecordPlace): Promise<void> {
    await writeAt(this.#index, encodeEntry(place), this.#indexEnd);
    this.#indexEnd += ENTRY_BYTES;
    this.#dataEnd = place.offset + place.length;
    this.#places.set(place.key, place);
  }

  /** Loads the index up to its first fault; the rest is truncated and recovered from the data file. */
  async #readIndex(): Promise<void> {
    const { size: dataSize } = await this.#data.stat();
    const { size } = await this.#index.stat();
    const bytes = await readAt(this.#index, this.#indexEnd, size - this.#indexEnd);
    for (let at = 0; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) {
      const place = decodeEntry(bytes.subarray(at, at + ENTRY_BYTES));
      if (place?.offset !== this.#dataEnd || place.offset + place.length > dataSize) break;
      this.#places.set(place.key, place);
      this.#dataEnd += place.length;
      this.#indexEnd += ENTRY_BYTES;
    }
    if (size === this.#indexEnd || !this.#lock) return;
    this.#torn("features.index", this.#indexEnd, size - this.#indexEnd);
    await this.#index.truncate(this.#indexEnd);
  }

  /** Adds index entries for complete records after the last entry; truncates an unfinished one. */
  async #recover(): Promise<void> {
    const { size } = await this.#data.stat();
    while (this.#dataEnd < size) {
      const offset = this.#dataEnd;
      const head = decodeHead(await readAt(this.#data, offset, Math.min(HEAD_BYTES, size - offset)));
      const whole = head !== undefined && offset + head.length <= size;
      if (!whole || !decodeRecord(await readAt(this.#data, offset, head.length), head.key)) break;
      await this.#addEntry({ key: head.key, offset, length: head.length });
      this.#recovered++;
    }
    if (size === this.#dataEnd) return;
    this.#torn("features.bin", this.#dataEnd, size - this.#dataEnd);
    await this.#data.truncate(this.#dataEnd);
  }

  #torn(name: string, offset: number, bytes: number): void {
    this.#discardedBytes += bytes;
    const message = `${bytes} bytes of an unfinished write were removed at ${offset}`;
    this.#defects.push(defect("data/torn-tail", `${join(this.folder, name)}@${offset}`, message, bytes));
  }

  #placeOf(offset: number): string {
    return `${join(this.folder, "features.bin")}@${offset}`;
  }

  #requireOpen(operation: string): void {
    if (this.#closing === undefined) return;
    throw new DataError({
      code: "data/cache-closed",
      message: `FeatureCache.${operation}: the cache in ${this.folder} is closed`,
      place: this.folder,
      remedy: "Open it again.",
    });
  }
}

/** Writes the magic number to a new file; refuses a file that begins with anything else. */
async function checkMagic(file: FileHandle, magic: Buffer, path: string): Promise<void> {
  const { size } = await file.stat();
  const start = await readAt(file, 0, Math.min(size, magic.length));
  if (!magic.subarray(0, start.length).equals(start)) {
    throw new DataError({
      code: "data/not-a-feature-cache",
      message: `${path} is not a feature cache of this version`,
      place: path,
      value: start.toString("latin1"),
      remedy: "Name another folder, or delete this one; its features are computed again.",
    });
  }
  // A crash may have cut the very first write short.
  if (size < magic.length) await writeAt(file, magic, 0);
}

function failed(operation: string, folder: string, cause: unknown): DataError {
  return new DataError({
    code: "data/cache-failed",
    message: `FeatureCache.${operation}: ${folder}: ${cause instanceof Error ? cause.message : String(cause)}`,
    place: folder,
    remedy: writeRemedy(cause),
    cause,
    fault: "work",
  });
}
