// The format of packs: plain tar files (ustar) whose entries are named by the SHA-256 of their content, so that any tar reads them.
// A pack may be cut off at any byte: what comes before the cut can be read.
import type { FileHandle } from "node:fs/promises";

/** Size of a header, and what contents are padded to. */
export const PACK_BLOCK = 512;
/** Two blocks of zeros end a tar file. */
export const PACK_END = Buffer.alloc(2 * PACK_BLOCK);

const NAME = /^[0-9a-f]{64}$/;
const [SIZE_AT, CHECKSUM_AT, MAGIC_AT] = [124, 148, 257];
/** Bytes read at once when a pack is scanned: many small entries, or the header of a large one. */
const SCAN_BYTES = 1 << 16;

/** Where a content is in a pack. */
export interface PackEntry {
  /** SHA-256 of the content. */
  readonly hash: string;
  /** First byte of the content. */
  readonly offset: number;
  /** Bytes of the content. */
  readonly size: number;
}

/** The content's size, padded to whole blocks. */
export function padded(size: number): number {
  return Math.ceil(size / PACK_BLOCK) * PACK_BLOCK;
}

/** Header, content and padding of an entry. The same content always gives the same bytes. */
export function packEntry(hash: string, content: Uint8Array): Buffer {
  const entry = Buffer.alloc(PACK_BLOCK + padded(content.length));
  entry.write(hash, 0, "latin1");
  entry.write(`0000644\0${"0000000\0".repeat(2)}`, 100, "latin1"); // mode, owner, group
  entry.write(`${content.length.toString(8).padStart(11, "0")}\0`, SIZE_AT, "latin1");
  entry.write("00000000000\0        0", 136, "latin1"); // time; the checksum counts as blanks; a file
  entry.write("ustar\u000000", MAGIC_AT, "latin1");
  entry.write(`${checksumOf(entry).toString(8).padStart(6, "0")}\0 `, CHECKSUM_AT, "latin1");
  entry.set(content, PACK_BLOCK);
  return entry;
}

function checksumOf(header: Buffer): number {
  let sum = 8 * 0x20; // of the checksum's own field
  for (let i = 0; i < PACK_BLOCK; i++) if (i < CHECKSUM_AT || i >= CHECKSUM_AT + 8) sum += header[i] ?? 0;
  return sum;
}

/** Name and size that a header says; undefined for a torn one, and for anything else. */
function readHeader(header: Buffer): { readonly hash: string; readonly size: number } | undefined {
  const hash = header.toString("latin1", 0, 64);
  const size = Number.parseInt(header.toString("latin1", SIZE_AT, SIZE_AT + 11), 8);
  const checksum = Number.parseInt(header.toString("latin1", CHECKSUM_AT, CHECKSUM_AT + 6), 8);
  return NAME.test(hash) && checksum === checksumOf(header) ? { hash, size } : undefined;
}

/**
 * The whole entries of a pack, in order, up to its end or to the first torn one. Reads headers only.
 *
 * @param length bytes of the file
 */
export async function* scanPack(file: FileHandle, length: number): AsyncGenerator<PackEntry> {
  const window = Buffer.allocUnsafe(SCAN_BYTES);
  let start = 0;
  let end = 0;
  for (let at = 0; at + PACK_BLOCK <= length; ) {
    if (at + PACK_BLOCK > end || at < start) {
      const { bytesRead } = await file.read(window, 0, SCAN_BYTES, at);
      [start, end] = [at, at + bytesRead];
      if (bytesRead < PACK_BLOCK) return;
    }
    const header = readHeader(window.subarray(at - start, at - start + PACK_BLOCK));
    if (header === undefined) return;
    const offset = at + PACK_BLOCK;
    at = offset + padded(header.size);
    if (at > length) return;
    yield { ...header, offset };
  }
}

/** Reads the bytes of an entry; undefined if the file is too short. */
export async function readEntry(
  file: FileHandle,
  { offset, size }: Omit<PackEntry, "hash">,
): Promise<Buffer<ArrayBuffer> | undefined> {
  const bytes = Buffer.alloc(size);
  for (let done = 0; done < size; ) {
    const { bytesRead } = await file.read(bytes, done, size - done, offset + done);
    if (bytesRead === 0) return undefined;
    done += bytesRead;
  }
  return bytes;
}
