// The contents of a shard in progress: a pack that grows by whole entries. Only the process that holds the shard writes it.
import { sha256 } from "../../base/sha256.ts";
import { Appender } from "./appender.ts";
import { damagedStore, writingStore } from "./manifest.ts";
import { PACK_BLOCK, type PackEntry, packEntry, padded, readEntry, scanPack } from "./pack-format.ts";
import { writePack } from "./pack-writer.ts";

/** A shard of texts or small pictures is read at once when it is packed, a larger one entry by entry. */
const READ_AT_ONCE = 1 << 25;

export class ShardContents {
  readonly #path: string;
  readonly #appender: Appender;
  readonly #entries: Map<string, PackEntry>;
  /** Contents on their way to the disk, by hash: the same one is written once. */
  readonly #arriving = new Map<string, Promise<void>>();
  #end: number;

  private constructor(path: string, appender: Appender, entries: Map<string, PackEntry>, end: number) {
    this.#path = path;
    this.#appender = appender;
    this.#entries = entries;
    this.#end = end;
  }

  /** Opens the contents of a shard; an entry torn by a crash is cut off. @throws SynthesisError `synthesis/cannot-write` */
  static async open(path: string): Promise<ShardContents> {
    const appender = await Appender.open(path);
    try {
      const { entries, end, length } = await whole(appender);
      if (length > end) {
        await writingStore(path, async () => {
          await appender.file.truncate(end);
          await appender.file.sync();
        });
      }
      return new ShardContents(path, appender, entries, end);
    } catch (error) {
      await appender.close();
      throw error;
    }
  }

  /** Stores content and returns its SHA-256; it is on the disk when the promise resolves. */
  async put(bytes: Uint8Array): Promise<string> {
    const hash = sha256(bytes);
    if (this.#entries.has(hash)) return hash;
    let arriving = this.#arriving.get(hash);
    if (arriving === undefined) {
      arriving = this.#append(hash, bytes);
      this.#arriving.set(hash, arriving);
    }
    await arriving;
    return hash;
  }

  async #append(hash: string, bytes: Uint8Array): Promise<void> {
    const entry = packEntry(hash, bytes);
    const place = { hash, offset: this.#end + PACK_BLOCK, size: bytes.length };
    this.#end += entry.length; // entries reach the disk in this order
    try {
      await this.#appender.append(entry);
      this.#entries.set(hash, place);
    } finally {
      this.#arriving.delete(hash);
    }
  }

  /** Whether content of this size is stored. */
  has(hash: string, bytes: number): boolean {
    return this.#entries.get(hash)?.size === bytes;
  }

  /** Reads content; undefined if it is not here. @throws SynthesisError `synthesis/damaged-store` if its hash differs */
  async get(hash: string): Promise<Uint8Array | undefined> {
    const entry = this.#entries.get(hash);
    if (entry === undefined) return undefined;
    return this.#verified(hash, await this.#read(entry));
  }

  #read(entry: Omit<PackEntry, "hash">): Promise<Buffer | undefined> {
    return readEntry(this.#appender.file, entry);
  }

  #verified(hash: string, bytes: Uint8Array | undefined): Uint8Array {
    if (bytes === undefined || sha256(bytes) !== hash)
      throw damagedStore(`${this.#path} ${hash}`, "does not have the content that its name says");
    return bytes;
  }

  /**
   * Writes the pack of the finished shard: the wanted contents that are here, each once, in this order.
   *
   * @returns its entries; none: no pack was written
   * @throws SynthesisError `synthesis/cannot-write`, `synthesis/damaged-store`
   */
  async pack(folder: string, path: string, wanted: Iterable<string>): Promise<readonly PackEntry[]> {
    const names = [...new Set(wanted)].filter((hash) => this.#entries.has(hash));
    const whole = this.#end <= READ_AT_ONCE ? await this.#read({ offset: 0, size: this.#end }) : undefined;
    return writePack(folder, path, names, async (hash) => {
      const entry = this.#entries.get(hash)!; // filtered above
      return this.#verified(
        hash,
        whole?.subarray(entry.offset, entry.offset + entry.size) ?? (await this.#read(entry)),
      );
    });
  }

  async close(): Promise<void> {
    await this.#appender.close();
  }
}

async function whole({ file }: Appender) {
  const { size: length } = await file.stat();
  const entries = new Map<string, PackEntry>();
  let end = 0;
  for await (const entry of scanPack(file, length)) {
    if (!entries.has(entry.hash)) entries.set(entry.hash, entry);
    end = entry.offset + padded(entry.size);
  }
  return { entries, end, length };
}
