// The layout of a store of generated views. Finished files are at the top level; `work/` is removed at the end.
import { basename, join } from "node:path";
import { ConfigError } from "../../base/errors.ts";

/** Paths of a store's files. @throws ConfigError `synthesis/store-address` */
export function storeLayout(folder: string) {
  if (ADDRESS.test(folder)) throw notAFolder(folder);
  const work = join(folder, "work");
  return {
    /** The manifest: direction, rounds, chains, seed, generators, checks, fingerprint of the data. */
    manifest: join(folder, "store.json"),
    /** All rows in the order instance, chain, step; its presence marks the store as complete. */
    ledger: join(folder, "ledger.jsonl"),
    /** When each call was made, how long it took, how often it was tried. */
    timings: join(folder, "timings.jsonl"),
    /** Packs of contents and, in older stores, a file for each content. */
    objects: join(folder, "objects"),
    /** Where each content is; written when the store is complete. */
    index: join(folder, "objects", "index"),
    pack: (number: number) => join(folder, packName(number)),
    work,
    /** Files in progress. */
    temporary: join(work, "tmp"),
    claims: join(work, "claims"),
    /** What jobs in a queue are, by id. */
    jobs: join(work, "jobs"),
    /** Log of a shard's calls. */
    log: (shard: number) => join(work, "logs", `${shardName(shard)}.jsonl`),
    logs: join(work, "logs"),
    /** Contents of a shard in progress. */
    contents: (shard: number) => join(work, "contents", `${shardName(shard)}.tar`),
    /** Records of a pack until the store has its index. */
    records: (number: number) => join(work, "records", basename(packName(number), ".tar")),
    /** Rows of a finished shard in their final form. */
    part: (shard: number) => join(work, "parts", `${shardName(shard)}.jsonl`),
    partTimings: (shard: number) => join(work, "timings", `${shardName(shard)}.jsonl`),
  };
}

/** Path of content that is a file of its own, relative to the store, with forward slashes. */
export function objectName(hash: string): string {
  return `objects/${hash.slice(0, 2)}/${hash}`;
}

/** Numbers of packs that belong to no shard start here. */
export const FIRST_SHARED_PACK = 2 ** 31;

const PACK_NAME = /^(shard|shared)-(\d{6,10})\.tar$/;

/** Path of a pack, relative to the store: a shard's has the number of the shard. */
export function packName(number: number): string {
  return number < FIRST_SHARED_PACK
    ? `objects/shard-${shardName(number)}.tar`
    : `objects/shared-${shardName(number - FIRST_SHARED_PACK)}.tar`;
}

/** Number of the pack with this file name; undefined for any other file. */
export function packNumber(name: string): number | undefined {
  const [, kind, digits] = PACK_NAME.exec(name) ?? [];
  if (digits === undefined) return undefined;
  return Number(digits) + (kind === "shared" ? FIRST_SHARED_PACK : 0);
}

export function shardName(shard: number): string {
  return String(shard).padStart(6, "0");
}

const ADDRESS = /^[a-z][a-z0-9+.-]+:\/\//i;

/** Logs and packs grow call by call, which objects of a bucket cannot. */
function notAFolder(address: string): ConfigError {
  return new ConfigError({
    code: "synthesis/store-address",
    message: `a store of generated views has to be a folder, and ${address.replace(/\?.*$/s, "")} is an address`,
    place: "--store",
    remedy:
      "Name a folder; for several machines, one on a file system that all of them share. Copy it to a bucket when it is complete.",
  });
}
