// Reads the contents of a store, complete or not: from its packs by the index, from files of their own (older stores, and pictures that
// many shards share until the store is complete), and from shards in progress.
import { type FileHandle, open, readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { sha256 } from "../../base/sha256.ts";
import { isCode } from "../../base/system-errors.ts";
import { readWholeFile } from "../../base/whole-file.ts";
import { ContentIndex, type ContentPlace, findRecord } from "./content-index.ts";
import { objectName, packName, storeLayout } from "./layout.ts";
import { damagedStore } from "./manifest.ts";
import { type PackEntry, readEntry, scanPack } from "./pack-format.ts";

/** Packs that stay open: readers follow the order of the packs. */
const MOST_OPEN_PACKS = 32;
/** Contents that are read together with their neighbours. */
const SMALL_BYTES = 1 << 13;
const WINDOW_BYTES = 1 << 16;
const MOST_ATTEMPTS = 3;

/** Where a content is: a file of its own, or the entry of a tar file whose name is the hash. */
export interface ContentFile {
  readonly path: string;
  readonly entry: { readonly offset: number; readonly size: number } | undefined;
}

interface OpenPack {
  readonly file: Promise<FileHandle>;
  users: number;
  /** What was last read of it. */
  window: { readonly start: number; readonly bytes: Buffer } | undefined;
}

/** The contents of a store, opened for reading; close it after use. */
export class ContentReader {
  readonly #folder: string;
  #index: { readonly index: ContentIndex; readonly file: FileHandle } | undefined;
  #opening: Promise<void> | undefined;
  readonly #packs = new Map<string, OpenPack>();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @throws SynthesisError `synthesis/damaged-store` */
  static async open(folder: string): Promise<ContentReader> {
    const reader = new ContentReader(folder);
    await reader.#openIndex();
    return reader;
  }

  /** Reads content. @throws SynthesisError `synthesis/damaged-store` if it is missing or its hash differs */
  async get(hash: string): Promise<Uint8Array> {
    for (let attempt = 1; ; attempt++) {
      const found = await this.locate(hash);
      if (found === undefined)
        throw damagedStore(
          join(this.#folder, objectName(hash)),
          "is missing, and no pack of the store has it",
        );
      const place = contentPlace(found, hash);
      let bytes: Uint8Array | undefined;
      try {
        bytes = await this.#read(found);
      } catch (cause) {
        if (isCode(cause, "ENOENT") && attempt < MOST_ATTEMPTS) continue; // another process has just packed it
        throw damagedStore(place, `cannot be read (${(cause as Error).message})`, cause);
      }
      if (bytes === undefined) throw damagedStore(place, "ends too early");
      if (sha256(bytes) !== hash) throw damagedStore(place, "does not have the content that its name says");
      return bytes;
    }
  }

  /** Where content is; undefined if the store does not have it. @throws SynthesisError `synthesis/damaged-store` */
  async locate(hash: string): Promise<ContentFile | undefined> {
    const index = this.#index;
    const found = await this.#inIndex(hash);
    if (found !== undefined) return found;
    const path = join(this.#folder, objectName(hash));
    if (await isFile(path)) return { path, entry: undefined };
    await this.#openIndex(); // another process may have completed the store since
    return this.#index === index ? inShards(this.#folder, hash) : this.#inIndex(hash);
  }

  async close(): Promise<void> {
    await this.#index?.file.close();
    for (const { file } of this.#packs.values()) await (await file).close();
    this.#packs.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Opens the index, if there is one. */
  #openIndex(): Promise<void> {
    if (this.#index !== undefined) return Promise.resolve();
    this.#opening ??= this.#tryIndex().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #tryIndex(): Promise<void> {
    const path = storeLayout(this.#folder).index;
    const file = await openIfThere(path);
    if (file === undefined) return;
    try {
      this.#index = { index: await ContentIndex.over(path, file), file };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async #inIndex(hash: string): Promise<ContentFile | undefined> {
    const place = await this.#index?.index.find(hash);
    return place && inPack(this.#folder, place);
  }

  async #read({ path, entry }: ContentFile): Promise<Uint8Array | undefined> {
    if (entry === undefined) return readWholeFile(path);
    const pack = this.#packs.get(path) ?? { file: open(path, "r"), users: 0, window: undefined };
    this.#packs.delete(path);
    this.#packs.set(path, pack); // last: used most recently
    pack.users++;
    try {
      const file = await pack.file.catch((error: unknown) => {
        this.#packs.delete(path);
        throw error;
      });
      return entry.size > SMALL_BYTES ? await readEntry(file, entry) : await readSmall(pack, file, entry);
    } finally {
      pack.users--;
      await this.#closeIdle();
    }
  }

  async #closeIdle(): Promise<void> {
    for (const [path, { file, users }] of this.#packs) {
      if (this.#packs.size <= MOST_OPEN_PACKS) return;
      if (users > 0) continue;
      this.#packs.delete(path);
      await (await file).close();
    }
  }
}

/** Reads a small content together with those behind it, which are likely to be read next. */
async function readSmall(
  pack: OpenPack,
  file: FileHandle,
  { offset, size }: Omit<PackEntry, "hash">,
): Promise<Buffer | undefined> {
  const known = pack.window;
  const isThere =
    known !== undefined && offset >= known.start && offset + size <= known.start + known.bytes.length;
  let window = isThere ? known : undefined;
  if (window === undefined) {
    const bytes = Buffer.allocUnsafe(WINDOW_BYTES);
    const { bytesRead } = await file.read(bytes, 0, WINDOW_BYTES, offset);
    if (bytesRead < size) return undefined;
    window = { start: offset, bytes: bytes.subarray(0, bytesRead) };
    pack.window = window;
  }
  return Buffer.from(window.bytes.subarray(offset - window.start, offset - window.start + size)); // a copy: the window is larger
}

/** A content's place in words: its file, or the tar file and its entry's name. */
export function contentPlace({ path, entry }: ContentFile, hash: string): string {
  return entry === undefined ? path : `${path} ${hash}`;
}

function inPack(folder: string, { pack, offset, size }: ContentPlace): ContentFile {
  return { path: join(folder, packName(pack)), entry: { offset, size } };
}

/** Looks through the shards of an incomplete store, one after another. */
async function inShards(folder: string, hash: string): Promise<ContentFile | undefined> {
  const { records, contents } = storeLayout(folder);
  for (const path of await filesIn(dirname(records(0)))) {
    const file = await openIfThere(path);
    if (file === undefined) continue;
    try {
      const place = await findRecord(file, hash);
      if (place !== undefined) return inPack(folder, place);
    } finally {
      await file.close();
    }
  }
  for (const path of await filesIn(dirname(contents(0)))) {
    const file = await openIfThere(path);
    if (file === undefined) continue;
    try {
      for await (const entry of scanPack(file, (await file.stat()).size))
        if (entry.hash === hash) return { path, entry };
    } finally {
      await file.close();
    }
  }
  return undefined;
}

async function filesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).sort().map((name) => join(folder, name));
  } catch (error) {
    if (isCode(error, "ENOENT")) return [];
    throw error;
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, "r");
  } catch (error) {
    if (isCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if (isCode(error, "ENOENT") || isCode(error, "ENOTDIR")) return false;
    throw error;
  }
}
