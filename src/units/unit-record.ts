// What a unit publishes: one object with a line that says whose it is, and then its parts, byte for byte as they enter the final result.
import { z } from "zod";
import { DataError } from "../base/errors.ts";
import type { Json } from "../base/json.ts";
import { checkShape } from "../base/schema-issues.ts";
import { sha256 } from "../base/sha256.ts";

const FORMAT = "relata-unit";
const VERSION = 1;
const LF = 0x0a;

const headSchema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  /** The job's id. */
  job: z.string(),
  unit: z.int().nonnegative(),
  /** What the kind of work records beside its parts, such as counts. */
  facts: z.unknown(),
  /** Bytes of each part. */
  parts: z.array(z.int().nonnegative()),
  /** SHA-256 over all parts. */
  sha256: z.string(),
});

/** The result of a unit. */
export interface UnitResult {
  readonly facts: Json;
  readonly parts: readonly Uint8Array[];
}

/** The bytes to publish. Equal results give equal bytes. */
export function encodeUnit(job: string, unit: number, { facts, parts }: UnitResult): Uint8Array {
  const body = Buffer.concat(parts);
  const head = {
    format: FORMAT,
    version: VERSION,
    ...{ job, unit, facts },
    parts: parts.map(({ length }) => length),
    sha256: sha256(body),
  };
  return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), body]);
}

/**
 * Reads what a unit published.
 *
 * @param place names the object in messages
 * @throws DataError `units/damaged-unit`
 */
export function decodeUnit(bytes: Uint8Array, job: string, unit: number, place: string): UnitResult {
  const end = bytes.indexOf(LF);
  let head: unknown;
  try {
    head = JSON.parse(Buffer.from(bytes.subarray(0, Math.max(0, end))).toString("utf8"));
  } catch (cause) {
    throw damagedUnit(place, "does not begin with the record of a unit", cause);
  }
  const checked = checkShape(headSchema, head, { whole: "its first line" });
  if (!checked.success) throw damagedUnit(place, `is not the result of a unit: ${checked.faults[0]}`);
  const { parts: sizes, sha256: sum, facts, ...found } = checked.data;
  if (found.job !== job || found.unit !== unit)
    throw damagedUnit(place, `holds unit ${found.unit} of the job ${found.job}, not unit ${unit} of ${job}`);
  const body = bytes.subarray(end + 1);
  if (sizes.reduce((total, size) => total + size, 0) !== body.length || sha256(body) !== sum)
    throw damagedUnit(place, "does not have the content that its first line announces");
  let at = 0;
  const parts = sizes.map((size) => {
    const part = body.subarray(at, at + size);
    at += size;
    return part;
  });
  return { facts: facts as Json, parts }; // read from JSON
}

/** The error for an object that does not have what was published under its key. */
export function damagedUnit(place: string, what: string, cause?: unknown): DataError {
  return new DataError({
    code: "units/damaged-unit",
    message: `${place} ${what}`,
    place,
    remedy: "Remove it and run the command again, which makes it again.",
    cause,
  });
}
