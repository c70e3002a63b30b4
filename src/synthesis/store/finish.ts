// Converts a store with only finished shards to its final form: one ledger, one file of timings, the
// contents, and nothing else. If killed, it starts over; the ledger appears last and marks the store as
// complete.
import { existsSync } from "node:fs";
import { mkdir, open, readdir, rename, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { syncFolder } from "../../base/atomic-file.ts";
import { isCode } from "../../base/system-errors.ts";
import { streamWholeFile } from "../../base/whole-file.ts";
import { takeClaim } from "./claims.ts";
import { objectName, storeLayout } from "./layout.ts";
import { hasContent } from "./ledger-row.ts";
import { type Manifest, shardCount, writingStore } from "./manifest.ts";
import { readLedger } from "./read-ledger.ts";

const CLAIM = "finish";
/** Other files in the folder are not removed. */
const CONTENT_NAME = /^[0-9a-f]{64}$/;

/**
 * Completes a store; true if it is complete afterwards. False: shards are missing, or another process is
 * completing it.
 */
export async function finishStore(folder: string, manifest: Manifest): Promise<boolean> {
  const layout = storeLayout(folder);
  if (existsSync(layout.ledger)) {
    await writingStore(folder, () => cleanUp(folder));
    return true;
  }
  for (let shard = 0; shard < shardCount(manifest); shard++)
    if (!existsSync(layout.part(shard))) return existsSync(layout.ledger);
  const claim = await writingStore(layout.claims, () => takeClaim(layout.claims, CLAIM));
  if (claim === undefined) return existsSync(layout.ledger);
  try {
    if (!existsSync(layout.ledger)) await writingStore(layout.ledger, () => joinParts(folder, manifest));
    await writingStore(folder, () => cleanUp(folder));
    return true;
  } catch (error) {
    // The next caller completes the store, possibly this process.
    if (existsSync(layout.claims)) await claim.release();
    throw error;
  }
}

async function joinParts(folder: string, manifest: Manifest): Promise<void> {
  const layout = storeLayout(folder);
  await mkdir(layout.temporary, { recursive: true });
  const parts = (part: (shard: number) => string) =>
    Array.from({ length: shardCount(manifest) }, (_, shard) => part(shard));
  await joinFiles(parts(layout.partTimings), join(layout.temporary, "timings"), layout.timings);
  await joinFiles(parts(layout.part), join(layout.temporary, "ledger"), layout.ledger);
}

async function joinFiles(parts: readonly string[], unfinished: string, path: string): Promise<void> {
  const file = await open(unfinished, "w");
  try {
    for (const part of parts)
      for await (const chunk of await streamWholeFile(part)) await file.writeFile(chunk as Buffer);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(unfinished, path);
  await syncFolder(dirname(path)); // the timings' name is on the disk before the ledger's
}

/**
 * Removes files that only unfinished stores need, and contents without a row (their process died before
 * writing it).
 */
async function cleanUp(folder: string): Promise<void> {
  const { work, ledger, objects } = storeLayout(folder);
  if (!existsSync(work)) return;
  const known = await contentsOf(ledger);
  for (const prefix of await namesIn(objects)) {
    const names = await namesIn(join(objects, prefix));
    const orphans = names.filter((name) => CONTENT_NAME.test(name) && !known.has(name));
    for (const name of orphans) await rm(join(folder, objectName(name)), { force: true });
    if (orphans.length === names.length) await removeEmpty(join(objects, prefix));
  }
  for (const name of await namesIn(folder)) // left by a process that was killed while creating the store
    if (/^store\.json\..*\.tmp$/.test(name)) await rm(join(folder, name), { force: true });
  await rm(work, { recursive: true, force: true, maxRetries: 5 });
}

/**
 * The hashes of a ledger's contents, and of the real texts at the start of chains: 8 bytes each, 0.8 MB for
 * 100,000.
 */
async function contentsOf(ledger: string): Promise<{ has(hash: string): boolean }> {
  let hashes = new BigUint64Array(1024);
  let size = 0;
  const keep = (hash: string) => {
    if (size === hashes.length) {
      const larger = new BigUint64Array(2 * size);
      larger.set(hashes);
      hashes = larger;
    }
    hashes[size++] = leading(hash);
  };
  for await (const row of readLedger(ledger)) {
    if (row.state !== "not-made" && row.parent === null) keep(row.request);
    if (hasContent(row)) keep(row.content);
  }
  const known = hashes.subarray(0, size).sort();
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
