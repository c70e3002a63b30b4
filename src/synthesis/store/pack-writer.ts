// Writes a pack that appears complete and on the disk, or not at all.
import type { FileHandle } from "node:fs/promises";
import { PACK_BLOCK, PACK_END, type PackEntry, packEntry } from "./pack-format.ts";
import { fillWhole } from "./whole-files.ts";

/** Bytes gathered before they are written: many small entries, or a large one. */
const BUFFERED_BYTES = 1 << 20;

/**
 * Writes contents to a pack, in this order.
 *
 * @param read gives the content of a hash
 * @returns the entries; none: no pack was written
 * @throws SynthesisError `synthesis/cannot-write`; what `read` throws
 */
export async function writePack(
  folder: string,
  path: string,
  hashes: readonly string[],
  read: (hash: string) => Promise<Uint8Array>,
): Promise<readonly PackEntry[]> {
  if (hashes.length === 0) return [];
  return fillWhole(folder, path, async (file) => {
    const entries: PackEntry[] = [];
    const writer = new BufferedWriter(file);
    for (const hash of hashes) {
      const content = await read(hash);
      entries.push({ hash, offset: writer.end + PACK_BLOCK, size: content.length });
      await writer.add(packEntry(hash, content));
    }
    await writer.add(PACK_END);
    await writer.flush();
    return entries;
  });
}

/** Gathers small pieces into large writes. */
export class BufferedWriter {
  readonly #file: FileHandle;
  readonly #bufferBytes: number;
  #pieces: Uint8Array[] = [];
  #buffered = 0;
  #end = 0;

  constructor(file: FileHandle, bufferBytes: number = BUFFERED_BYTES) {
    this.#file = file;
    this.#bufferBytes = bufferBytes;
  }

  /** Bytes added so far. */
  get end(): number {
    return this.#end;
  }

  async add(piece: Uint8Array): Promise<void> {
    this.#pieces.push(piece);
    this.#buffered += piece.length;
    this.#end += piece.length;
    if (this.#buffered >= this.#bufferBytes) await this.flush();
  }

  async flush(): Promise<void> {
    const bytes = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#buffered = 0;
    await this.#file.writeFile(bytes);
  }
}
