// Packs the contents that are files of their own: pictures that several shards share, and all contents of stores that were made before
// there were packs. Packs follow from the files alone, so a killed packing continues.
import { existsSync } from "node:fs";
import { readdir, rm, rmdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { GrowingArray } from "../../base/growing-array.ts";
import { sha256 } from "../../base/sha256.ts";
import { isCode } from "../../base/system-errors.ts";
import { readWholeFile } from "../../base/whole-file.ts";
import { writeRecords } from "./build-index.ts";
import { FIRST_SHARED_PACK, objectName, storeLayout } from "./layout.ts";
import { contentsOf } from "./ledger-row.ts";
import { damagedStore } from "./manifest.ts";
import { writePack } from "./pack-writer.ts";
import { readLedger } from "./read-ledger.ts";

/** A pack ends when it has reached this size or this number of contents. */
const PACK_BYTES = 1 << 28;
const PACK_CONTENTS = 50_000;

const FOLDER_NAME = /^[0-9a-f]{2}$/;
/** Other files in the folder are not touched. */
const CONTENT_NAME = /^[0-9a-f]{64}$/;

/**
 * Packs the files that a row refers to, by their hash.
 *
 * @param ledgers files with the rows of the store
 * @returns the number of contents packed
 * @throws SynthesisError `synthesis/damaged-store`, `synthesis/cannot-write`
 */
export async function packShared(folder: string, ledgers: readonly string[]): Promise<number> {
  if ((await foldersOf(folder)).length === 0) return 0;
  const known = await namedBy(ledgers);
  let pack = FIRST_SHARED_PACK;
  let hashes: string[] = [];
  let bytes = 0;
  let count = 0;
  const write = async () => {
    if (hashes.length > 0 && !existsSync(storeLayout(folder).pack(pack))) {
      const path = storeLayout(folder).pack(pack);
      await writeRecords(
        folder,
        pack,
        await writePack(folder, path, hashes, (hash) => readFileOf(folder, hash)),
      );
    }
    pack++;
    count += hashes.length;
    [hashes, bytes] = [[], 0];
  };
  for await (const { hash, size } of filesOf(folder)) {
    if (!known.has(hash)) continue; // its process died before it wrote the row
    hashes.push(hash);
    bytes += size;
    if (bytes >= PACK_BYTES || hashes.length >= PACK_CONTENTS) await write();
  }
  if (hashes.length > 0) await write();
  return count;
}

/** Removes the files of contents that have been packed, and those without a row. */
export async function removeShared(folder: string): Promise<void> {
  const { objects } = storeLayout(folder);
  for await (const { hash } of filesOf(folder)) await rm(join(folder, objectName(hash)), { force: true });
  for (const name of await foldersOf(folder)) await removeEmpty(join(objects, name));
}

async function readFileOf(folder: string, hash: string): Promise<Uint8Array> {
  const path = join(folder, objectName(hash));
  const bytes = await readWholeFile(path);
  if (sha256(bytes) !== hash) throw damagedStore(path, "does not have the content that its name says");
  return bytes;
}

/** Files of contents in the order of their hashes; the names of one folder at a time are in memory. */
async function* filesOf(folder: string): AsyncGenerator<{ readonly hash: string; readonly size: number }> {
  const { objects } = storeLayout(folder);
  for (const prefix of await foldersOf(folder)) {
    for (const hash of (await namesIn(join(objects, prefix))).sort()) {
      if (!CONTENT_NAME.test(hash)) continue;
      yield { hash, size: (await stat(join(objects, prefix, hash))).size };
    }
  }
}

async function foldersOf(folder: string): Promise<readonly string[]> {
  const names = await namesIn(storeLayout(folder).objects);
  return names.filter((name) => FOLDER_NAME.test(name)).sort();
}

/**
 * The hashes of the rows' contents, and of the real texts at the start of chains: 8 bytes each, 80 MB for
 * 10 million.
 */
async function namedBy(ledgers: readonly string[]): Promise<{ has(hash: string): boolean }> {
  const hashes = new GrowingArray(BigUint64Array);
  for (const ledger of ledgers) {
    for await (const row of readLedger(ledger)) {
      for (const hash of contentsOf(row)) hashes.push(leading(hash));
    }
  }
  const known = hashes.view().sort();
  return { has: (hash) => includes(known, leading(hash)) };
}

/** The first 64 bits of a hash; two contents that share them keep each other. */
function leading(hash: string): bigint {
  return BigInt(`0x${hash.slice(0, 16)}`);
}

function includes(values: BigUint64Array, value: bigint): boolean {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] ?? 0n) < value) low = middle + 1;
    else high = middle;
  }
  return values[low] === value;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isCode(error, "ENOENT")) return [];
    throw error;
  }
}

async function removeEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch((error: unknown) => {
    if (!isCode(error, "ENOTEMPTY") && !isCode(error, "ENOENT")) throw error;
  });
}
