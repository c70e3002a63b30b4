// The index of a store's packs: where each content is, sorted by SHA-256. A lookup reads one table cell and one bucket.
//
//   header   32 bytes: "relata content index", version, bits of the table, number of records
//   table    2^bits + 1 unsigned 32-bit numbers: the first record of each bucket; a hash's bucket is its first `bits` bits
//   records  48 bytes each: SHA-256, pack (32 bits), offset (48 bits), size (48 bits)
//
// All numbers are big-endian. The index follows from the packs alone and can be built again from them.
import type { FileHandle } from "node:fs/promises";
import { damagedStore } from "./manifest.ts";
import { type PackEntry, readEntry } from "./pack-format.ts";

const MAGIC = Buffer.from("relata content index", "latin1");
const VERSION = 1;
const HEADER_BYTES = 32;
export const RECORD_BYTES = 48;
const HASH_BYTES = 32;
/** Records of a bucket on average, so that a bucket is read at once. */
const BUCKET_RECORDS = 64;
/** A table of 4 MiB: enough for 64 million contents. */
const MOST_BITS = 20;
/** After this many lookups the table is kept in memory. */
const TABLE_LOOKUPS = 64;

/** Where a content is. */
export interface ContentPlace extends PackEntry {
  /** Number of the pack. */
  readonly pack: number;
}

/** Formats an entry as a record of the index. */
export function writeRecord(
  target: Buffer,
  at: number,
  { hash, offset, size }: PackEntry,
  pack: number,
): void {
  target.write(hash, at, HASH_BYTES, "hex");
  target.writeUInt32BE(pack, at + 32);
  target.writeUIntBE(offset, at + 36, 6);
  target.writeUIntBE(size, at + 42, 6);
}

/** Reads the record at a byte. */
function readRecord(records: Buffer, at: number): ContentPlace {
  return {
    hash: records.toString("hex", at, at + HASH_BYTES),
    pack: records.readUInt32BE(at + 32),
    offset: records.readUIntBE(at + 36, 6),
    size: records.readUIntBE(at + 42, 6),
  };
}

/** Sorts records by hash, then by pack and offset; of several with one hash the first stays. */
export function sortRecords(records: Buffer): Buffer {
  const order = Uint32Array.from({ length: records.length / RECORD_BYTES }, (_, i) => i * RECORD_BYTES);
  order.sort((a, b) => records.compare(records, b, b + RECORD_BYTES, a, a + RECORD_BYTES));
  const sorted = Buffer.allocUnsafe(records.length);
  let end = 0;
  for (const at of order) {
    const isKnown =
      end > 0 &&
      records.compare(sorted, end - RECORD_BYTES, end - RECORD_BYTES + HASH_BYTES, at, at + HASH_BYTES) === 0;
    if (isKnown) continue;
    records.copy(sorted, end, at, at + RECORD_BYTES);
    end += RECORD_BYTES;
  }
  return sorted.subarray(0, end);
}

/** Bits of the table of an index with this many records. */
export function tableBits(records: number): number {
  const bits = Math.ceil(Math.log2(Math.max(1, records / BUCKET_RECORDS)));
  return Math.min(MOST_BITS, Math.max(0, bits));
}

/** The bucket of the record at a byte: the first `bits` bits of its hash. */
export function bucketOf(records: Buffer, at: number, bits: number): number {
  return bits === 0 ? 0 : records.readUInt32BE(at) >>> (32 - bits);
}

/** Header and table of an index; `counts` has the number of records of each bucket. */
export function indexHead(records: number, counts: Uint32Array): Buffer {
  const bits = Math.log2(counts.length);
  const head = Buffer.alloc(HEADER_BYTES + 4 * (counts.length + 1));
  MAGIC.copy(head);
  head.writeUInt8(VERSION, 20);
  head.writeUInt8(bits, 21);
  head.writeUIntBE(records, 26, 6);
  let first = 0;
  for (const [bucket, count] of counts.entries()) {
    head.writeUInt32BE(first, HEADER_BYTES + 4 * bucket);
    first += count;
  }
  head.writeUInt32BE(first, HEADER_BYTES + 4 * counts.length);
  return head;
}

/** An open index. */
export class ContentIndex {
  readonly records: number;
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #bits: number;
  #lookups = 0;
  #table: Buffer | undefined;

  private constructor(path: string, file: FileHandle, bits: number, records: number) {
    this.#path = path;
    this.#file = file;
    this.#bits = bits;
    this.records = records;
  }

  /** @throws SynthesisError `synthesis/damaged-store` */
  static async over(path: string, file: FileHandle): Promise<ContentIndex> {
    const head = Buffer.alloc(HEADER_BYTES);
    const { bytesRead } = await file.read(head, 0, HEADER_BYTES, 0);
    const isOurs = bytesRead === HEADER_BYTES && head.compare(MAGIC, 0, MAGIC.length, 0, MAGIC.length) === 0;
    if (!isOurs || head.readUInt8(20) !== VERSION)
      throw damagedIndex(path, `is not an index of contents of version ${VERSION}`);
    const [bits, records] = [head.readUInt8(21), head.readUIntBE(26, 6)];
    const { size } = await file.stat();
    const wanted = HEADER_BYTES + 4 * (2 ** bits + 1) + records * RECORD_BYTES;
    if (size !== wanted) throw damagedIndex(path, `has ${size} bytes, not ${wanted}`);
    return new ContentIndex(path, file, bits, records);
  }

  /** Where a content is; undefined if the store has none of this hash. @throws SynthesisError `synthesis/damaged-store` */
  async find(hash: string): Promise<ContentPlace | undefined> {
    const wanted = Buffer.from(hash, "hex");
    const bucket = bucketOf(wanted, 0, this.#bits);
    const [from, to] = await this.#bounds(bucket);
    if (from > to || to > this.records)
      throw damagedIndex(this.#path, `has a broken table at bucket ${bucket}`);
    const start = HEADER_BYTES + 4 * (2 ** this.#bits + 1);
    const records = await this.#read(start + from * RECORD_BYTES, (to - from) * RECORD_BYTES);
    return findIn(records, wanted);
  }

  /** First record of a bucket and of the next one. */
  async #bounds(bucket: number): Promise<readonly [number, number]> {
    this.#lookups++;
    if (this.#table === undefined && this.#lookups > TABLE_LOOKUPS)
      this.#table = await this.#read(HEADER_BYTES, 4 * (2 ** this.#bits + 1));
    const at = 4 * bucket;
    const cells = this.#table?.subarray(at, at + 8) ?? (await this.#read(HEADER_BYTES + at, 8));
    return [cells.readUInt32BE(0), cells.readUInt32BE(4)];
  }

  async #read(at: number, length: number): Promise<Buffer> {
    const bytes = await readEntry(this.#file, { offset: at, size: length });
    if (bytes === undefined) throw damagedIndex(this.#path, "ends too early");
    return bytes;
  }
}

/** The record of a hash in sorted records. */
function findIn(records: Buffer, wanted: Buffer): ContentPlace | undefined {
  let [low, high] = [0, records.length / RECORD_BYTES];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = middle * RECORD_BYTES;
    const order = records.compare(wanted, 0, HASH_BYTES, at, at + HASH_BYTES);
    if (order === 0) return readRecord(records, at);
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return undefined;
}

/** The record of a hash in a file of sorted records, such as a single pack's. */
export async function findRecord(file: FileHandle, hash: string): Promise<ContentPlace | undefined> {
  return findIn(await file.readFile(), Buffer.from(hash, "hex"));
}

function damagedIndex(path: string, what: string) {
  return damagedStore(path, `${what}; \`relata synthesize pack\` builds it again from the packs`);
}
