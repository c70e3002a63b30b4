// A job: work cut into units that do not depend on each other. Its id is a hash of all that its results depend on, so the same work has
// the same id on every machine, and other work never shares its keys.
import { z } from "zod";
import { type Json, sorted, toJson } from "../base/json.ts";
import { parseRecord } from "../base/json-record.ts";
import { sha256 } from "../base/sha256.ts";
import type { ObjectStore } from "./object-store.ts";
import { damagedUnit } from "./unit-record.ts";

const FORMAT = "relata-job";
const VERSION = 1;
const manifestSchema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  kind: z.string(),
  identity: z.unknown(),
});
const ID_DIGITS = 32;
const UNITS_PER_FOLDER = 1000; // folders of file systems become slow with hundreds of thousands of names
const DIGITS = 3;

/** What a job is, apart from where its inputs lie. */
export interface JobManifest {
  /** The kind of work, such as "extract". */
  readonly kind: string;
  /** All that its results depend on: inputs and models by their fingerprints, options by their values. */
  readonly identity: Json;
}

/** A job and the keys of its objects. */
export interface Job extends JobManifest {
  readonly id: string;
}

/** Gives a job its id. */
export function jobOf({ kind, identity }: JobManifest): Job {
  return { kind, identity, id: sha256(JSON.stringify(recordOf({ kind, identity }))).slice(0, ID_DIGITS) };
}

/** What is hashed for the id, and published. */
function recordOf({ kind, identity }: JobManifest): Json {
  return toJson(sorted({ format: FORMAT, version: VERSION, kind, identity }));
}

/** Publishes what the job is, for people and for programs that find its units. */
export async function publishJob(store: ObjectStore, job: Job): Promise<void> {
  const key = `${job.id}/job.json`;
  if (await store.has(key)) return;
  await store.putIfAbsent(key, Buffer.from(`${JSON.stringify(recordOf(job), undefined, 2)}\n`));
}

/** What a published job is. @throws DataError `units/damaged-unit` */
export async function readJob(store: ObjectStore, id: string): Promise<Job | undefined> {
  const key = `${id}/job.json`;
  const bytes = await store.get(key);
  if (bytes === undefined) return undefined;
  const place = `${store.place}/${key}`;
  const { kind, identity } = parseRecord(Buffer.from(bytes).toString("utf8"), manifestSchema, (what, cause) =>
    damagedUnit(place, `is not the record of a job (${what})`, cause),
  );
  return { id, kind, identity: identity as Json }; // parsed from JSON
}

/** What is kept for each unit: its result, and perhaps the posts that it needs. */
export type UnitContent = "units" | "posts";

/** The key of a unit's result, or of something else that is kept for it. */
export function unitKey(id: string, unit: number, content: UnitContent = "units"): string {
  const group = Math.floor(unit / UNITS_PER_FOLDER);
  const name = String(unit % UNITS_PER_FOLDER).padStart(DIGITS, "0");
  return `${id}/${content}/${String(group).padStart(DIGITS, "0")}/${name}`;
}

/** The units that are published. Numbers, not keys, are in memory: 8 bytes a unit at most. */
export async function publishedUnits(
  store: ObjectStore,
  id: string,
  content: UnitContent = "units",
): Promise<UnitSet> {
  const found = new UnitSet();
  for await (const key of store.list(`${id}/${content}/`)) {
    const match = /\/(\d+)\/(\d+)$/.exec(key);
    if (match !== null) found.add(Number(match[1]) * UNITS_PER_FOLDER + Number(match[2]));
  }
  return found;
}

/** A set of unit numbers, one bit each. */
export class UnitSet {
  #bits = new Uint8Array(128);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(unit: number): boolean {
    return ((this.#bits[unit >>> 3] ?? 0) & (1 << (unit & 7))) !== 0;
  }

  add(unit: number): void {
    if (this.has(unit)) return;
    if (unit >>> 3 >= this.#bits.length) {
      const larger = new Uint8Array(Math.max(2 * this.#bits.length, (unit >>> 3) + 1));
      larger.set(this.#bits);
      this.#bits = larger;
    }
    this.#bits[unit >>> 3] = (this.#bits[unit >>> 3] ?? 0) | (1 << (unit & 7));
    this.#size++;
  }
}
