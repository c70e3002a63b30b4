// Reads the contents of a store, complete or not: from its packs by the index, from files of their own (older stores, and pictures that
// many shards share until the store is complete), and from shards in progress.
import { type FileHandle, open, readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { SynthesisError } from "../../base/errors.ts";
import { sha256 } from "../../base/sha256.ts";
import { isCode } from "../../base/system-errors.ts";
import { readWholeFile } from "../../base/whole-file.ts";
import { ContentIndex, type ContentPlace, findRecord } from "./content-index.ts";
import { objectName, packName, storeLayout } from "./layout.ts";
import { damagedStore } from "./manifest.ts";
import { readEntry, scanPack } from "./pack-format.ts";

/** Packs that stay open: readers follow the order of the packs. */
const MOST_OPEN_PACKS = 32;

/** Where a content is: a file of its own, or the entry of a tar file whose name is the hash. */
export interface ContentFile {
  readonly path: string;
  readonly entry: { readonly offset: number; readonly size: number } | undefined;
}

interface OpenPack {
  readonly file: Promise<FileHandle>;
  users: number;
}

/** The contents of a store, opened for reading; close it after use. */
export class ContentReader {
  readonly #folder: string;
  #index: { readonly index: ContentIndex; readonly file: FileHandle } | undefined;
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
    const found = await this.locate(hash);
    if (found === undefined)
      throw damagedStore(join(this.#folder, objectName(hash)), "is missing, and no pack of the store has it");
    const place = contentPlace(found, hash);
    const bytes = await this.#read(found, place);
    if (bytes === undefined) return this.get(hash);
    if (sha256(bytes) !== hash) throw damagedStore(place, "does not have the content that its name says");
    return bytes;
  }

  /** Where content is; undefined if the store does not have it. @throws SynthesisError `synthesis/damaged-store` */
  async locate(hash: string): Promise<ContentFile | undefined> {
    const path = join(this.#folder, objectName(hash));
    return (
      (await this.#inIndex(hash)) ??
      ((await isFile(path)) ? { path, entry: undefined } : undefined) ??
      // Another process may have completed the store since.
      ((await this.#openIndex()) ? this.#inIndex(hash) : inShards(this.#folder, hash))
    );
  }

  async close(): Promise<void> {
    await this.#index?.file.close();
    for (const { file } of this.#packs.values()) await (await file).close();
    this.#packs.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Opens the index; false if there is none, or it was open. */
  async #openIndex(): Promise<boolean> {
    if (this.#index !== undefined) return false;
    const path = storeLayout(this.#folder).index;
    const file = await openIfThere(path);
    if (file === undefined) return false;
    try {
      const index = await ContentIndex.over(path, file);
      if (this.#index !== undefined) throw new Error("the index was opened twice");
      this.#index = { index, file };
      return true;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async #inIndex(hash: string): Promise<ContentFile | undefined> {
    const place = await this.#index?.index.find(hash);
    return place && inPack(this.#folder, place);
  }

  /** Undefined if a file of its own has just become an entry of a pack. */
  async #read({ path, entry }: ContentFile, place: string): Promise<Uint8Array | undefined> {
    try {
      if (entry === undefined) return await readWholeFile(path);
      const bytes = await this.#usingPack(path, (file) => readEntry(file, entry));
      if (bytes === undefined) throw damagedStore(place, "ends too early");
      return bytes;
    } catch (cause) {
      if (cause instanceof SynthesisError) throw cause;
      if (isCode(cause, "ENOENT") && (await this.#openIndex())) return undefined;
      throw damagedStore(place, `cannot be read (${(cause as Error).message})`, cause);
    }
  }

  async #usingPack<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
    const pack = this.#packs.get(path) ?? { file: open(path, "r"), users: 0 };
    this.#packs.delete(path);
    this.#packs.set(path, pack); // last: used most recently
    pack.users++;
    try {
      return await use(await pack.file);
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
      await file.then((opened) => opened.close());
    }
  }
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
