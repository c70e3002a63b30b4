// The layout of a store of generated views. Finished files are at the top level; `work/` is removed at the end.
import { join } from "node:path";

/** Paths of a store's files. */
export function storeLayout(folder: string) {
  const work = join(folder, "work");
  return {
    /** The manifest: direction, rounds, chains, seed, generators, checks, fingerprint of the data. */
    manifest: join(folder, "store.json"),
    /** All rows in the order instance, chain, step; its presence marks the store as complete. */
    ledger: join(folder, "ledger.jsonl"),
    /** When each call was made, how long it took, how often it was tried. */
    timings: join(folder, "timings.jsonl"),
    objects: join(folder, "objects"),
    work,
    /** Files in progress. */
    temporary: join(work, "tmp"),
    claims: join(work, "claims"),
    /** Log of a shard's calls. */
    log: (shard: number) => join(work, "logs", `${shardName(shard)}.jsonl`),
    logs: join(work, "logs"),
    /** Rows of a finished shard in their final form. */
    part: (shard: number) => join(work, "parts", `${shardName(shard)}.jsonl`),
    partTimings: (shard: number) => join(work, "timings", `${shardName(shard)}.jsonl`),
  };
}

/** Path of content, relative to the store, with forward slashes. */
export function objectName(hash: string): string {
  return `objects/${hash.slice(0, 2)}/${hash}`;
}

export function shardName(shard: number): string {
  return String(shard).padStart(6, "0");
}
