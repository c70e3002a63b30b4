// Converts a store with only finished shards to its final form: one ledger, one file of timings, packs with their index, and nothing
// else. If killed, it continues with the part it was at; the ledger appears last and marks the store as complete.
import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { takeClaim } from "../../units/claims.ts";
import { buildIndex } from "./build-index.ts";
import { joinFiles } from "./join-files.ts";
import { storeLayout } from "./layout.ts";
import { type Manifest, shardCount, writingStore } from "./manifest.ts";
import { packShared, removeShared } from "./pack-shared.ts";
import { isFinished } from "./shard.ts";

const CLAIM = "finish";
const POLL_MS = 250;

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

/** Completes a store, or waits for the process that does; false if shards are missing. @throws the signal's reason */
export async function completeStore(
  folder: string,
  manifest: Manifest,
  signal?: AbortSignal,
): Promise<boolean> {
  while (!(await finishStore(folder, manifest))) {
    for (let shard = 0; shard < shardCount(manifest); shard++) if (!isFinished(folder, shard)) return false;
    await sleep(POLL_MS, undefined, signal ? { signal } : {}).catch(() => signal?.throwIfAborted());
  }
  return true;
}

async function joinParts(folder: string, manifest: Manifest): Promise<void> {
  const layout = storeLayout(folder);
  const parts = (part: (shard: number) => string) =>
    Array.from({ length: shardCount(manifest) }, (_, shard) => part(shard));
  if (!existsSync(layout.index)) {
    await packShared(folder, parts(layout.part));
    await buildIndex(folder);
  }
  if (!existsSync(layout.timings))
    await joinFiles(parts(layout.partTimings), join(layout.temporary, "timings"), layout.timings);
  await joinFiles(parts(layout.part), join(layout.temporary, "ledger"), layout.ledger);
}

/** Removes files that only unfinished stores need, and contents that have been packed. */
async function cleanUp(folder: string): Promise<void> {
  const { work, index } = storeLayout(folder);
  if (!existsSync(work)) return;
  if (existsSync(index)) await removeShared(folder);
  for (const name of await readdir(folder)) // left by a process that was killed while creating the store
    if (/^store\.json\..*\.tmp$/.test(name)) await rm(join(folder, name), { force: true });
  await rm(work, { recursive: true, force: true, maxRetries: 5 });
}
