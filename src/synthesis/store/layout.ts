// The layout of a store of generated views. Finished files are at the top; `work/` is removed when everything is done.
import { join } from "node:path";

/** Paths of a store's files. */
export function storeLayout(folder: string) {
  const work = join(folder, "work");
  return {
    /** What the store is for: direction, rounds, chains, seed, generators, checks, fingerprint of the data. */
    manifest: join(folder, "store.json"),
    /** All rows in the order instance, chain, step; its presence says that the store is complete. */
    ledger: join(folder, "ledger.jsonl"),
    /** When each call was made, how long it took, how often it was tried. */
    timings: join(folder, "timings.jsonl"),
    objects: join(folder, "objects"),
    work,
    /** Files that are being written. */
    temporary: join(work, "tmp"),
    claims: join(work, "claims"),
    /** Calls of a shard as they come in. */
    log: (shard: number) => join(work, "logs", `${shardName(shard)}.jsonl`),
    logs: join(work, "logs"),
    /** Rows of a finished shard in their final form. */
    part: (shard: number) => join(work, "parts", `${shardName(shard)}.jsonl`),
    partTimings: (shard: number) => join(work, "timings", `${shardName(shard)}.jsonl`),
  };
}

/** Where content lies, relative to the store; separators of URLs. */
export function objectName(hash: string): string {
  return `objects/${hash.slice(0, 2)}/${hash}`;
}

export function shardName(shard: number): string {
  return String(shard).padStart(6, "0");
}
