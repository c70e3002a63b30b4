// Builds the index of a store's packs in bounded memory: records are divided by their hash into files that are sorted one by one.
import { randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { isCode } from "../../base/system-errors.ts";
import { readWholeFile } from "../../base/whole-file.ts";
import { bucketOf, indexHead, RECORD_BYTES, sortRecords, tableBits, writeRecord } from "./content-index.ts";
import { packNumber, storeLayout } from "./layout.ts";
import { damagedStore } from "./manifest.ts";
import { PACK_END, padded, scanPack } from "./pack-format.ts";
import { BufferedWriter } from "./pack-writer.ts";
import { fillWhole, writeWhole } from "./whole-files.ts";

/** Records that are sorted at once: 24 MB. */
const SORTED_AT_ONCE = 500_000;
/** Of each of the files that records are divided into: 20 for 10 million contents. */
const PART_BUFFER_BYTES = 1 << 16;

/** Writes the records of a pack, sorted. */
export async function writeRecords(
  folder: string,
  pack: number,
  entries: readonly { readonly hash: string; readonly offset: number; readonly size: number }[],
): Promise<void> {
  const records = Buffer.alloc(entries.length * RECORD_BYTES);
  for (const [i, entry] of entries.entries()) writeRecord(records, i * RECORD_BYTES, entry, pack);
  await writeWhole(folder, storeLayout(folder).records(pack), sortRecords(records));
}

/**
 * Indexes all packs of a store. Of a content that several packs have, the first one counts.
 *
 * @param sortedAtOnce records that are sorted at once; it bounds the memory, and changes nothing else
 * @returns the number of different contents
 * @throws SynthesisError `synthesis/damaged-store`, `synthesis/cannot-write`
 */
export async function buildIndex(folder: string, sortedAtOnce: number = SORTED_AT_ONCE): Promise<number> {
  const layout = storeLayout(folder);
  const packs = await packsOf(folder);
  let total = 0;
  for (const pack of packs) total += await recordsOf(folder, pack);
  const bits = tableBits(total);
  const counts = new Uint32Array(2 ** bits);
  return fillWhole(folder, layout.index, async (file) => {
    const writer = new BufferedWriter(file);
    await writer.add(indexHead(0, counts)); // written again below
    let written = 0;
    for await (const sorted of sortedParts(folder, packs, total, sortedAtOnce)) {
      for (let at = 0; at < sorted.length; at += RECORD_BYTES) counts[bucketOf(sorted, at, bits)]!++; // within the table
      written += sorted.length / RECORD_BYTES;
      await writer.add(sorted);
    }
    await writer.flush();
    const head = indexHead(written, counts);
    await file.write(head, 0, head.length, 0);
    return written;
  });
}

/** The numbers of a store's packs, in order. */
async function packsOf(folder: string): Promise<readonly number[]> {
  const names = await readdir(storeLayout(folder).objects).catch((error: unknown) => {
    if (isCode(error, "ENOENT")) return [];
    throw error;
  });
  const numbers = names.flatMap((name) => packNumber(name) ?? []);
  return numbers.sort((a, b) => a - b);
}

/** Number of a pack's records, which are read from the pack if they are missing. */
async function recordsOf(folder: string, pack: number): Promise<number> {
  const path = storeLayout(folder).records(pack);
  try {
    return (await stat(path)).size / RECORD_BYTES;
  } catch (error) {
    if (!isCode(error, "ENOENT")) throw error;
  }
  const place = storeLayout(folder).pack(pack);
  const file = await open(place, "r");
  try {
    const { size: length } = await file.stat();
    const entries = [];
    let end = 0;
    for await (const entry of scanPack(file, length)) {
      entries.push(entry);
      end = entry.offset + padded(entry.size);
    }
    if (end + PACK_END.length !== length)
      throw damagedStore(place, `is not a whole pack: what stands at byte ${end} cannot be read`);
    await writeRecords(folder, pack, entries);
    return entries.length;
  } finally {
    await file.close();
  }
}

/** All records in order, some at a time, each hash once. */
async function* sortedParts(
  folder: string,
  packs: readonly number[],
  total: number,
  atOnce: number,
): AsyncGenerator<Buffer> {
  const { records, temporary } = storeLayout(folder);
  if (total <= atOnce) {
    const all: Buffer[] = [];
    for (const pack of packs) all.push(await readWholeFile(records(pack)));
    yield sortRecords(Buffer.concat(all));
    return;
  }
  const bits = Math.ceil(Math.log2(total / atOnce));
  const work = join(temporary, randomUUID());
  await mkdir(work, { recursive: true });
  const parts: { readonly file: FileHandle; readonly writer: BufferedWriter }[] = [];
  try {
    for (let part = 0; part < 2 ** bits; part++) {
      const file = await open(join(work, String(part)), "wx+");
      parts.push({ file, writer: new BufferedWriter(file, PART_BUFFER_BYTES) });
    }
    for (const pack of packs) {
      const all = await readWholeFile(records(pack));
      for (const { part, from, to } of runsOf(all, bits))
        await parts[part]!.writer.add(all.subarray(from, to)); // 2^bits parts
    }
    for (const { file, writer } of parts) {
      await writer.flush();
      const { size } = await file.stat();
      const all = Buffer.alloc(size);
      for (let done = 0; done < size; ) done += (await file.read(all, done, size - done, done)).bytesRead;
      yield sortRecords(all);
    }
  } finally {
    for (const { file } of parts) await file.close();
    await rm(work, { recursive: true, force: true });
  }
}

/** Sorted records by the first bits of their hash: the bytes of each part. */
function* runsOf(sorted: Buffer, bits: number) {
  let from = 0;
  for (let at = 0; at < sorted.length; at += RECORD_BYTES) {
    const part = bucketOf(sorted, at, bits);
    const next = at + RECORD_BYTES;
    if (next < sorted.length && bucketOf(sorted, next, bits) === part) continue;
    yield { part, from, to: next };
    from = next;
  }
}
