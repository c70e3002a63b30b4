// store.json: what a store is for. Written once; a run with another plan is refused.
import { z } from "zod";
import { writeRemedy } from "../../base/cannot-write.ts";
import { SynthesisError } from "../../base/errors.ts";
import { checkShape } from "../../base/schema-issues.ts";
import { isSystemError } from "../../base/system-errors.ts";
import { readWholeText } from "../../base/whole-file.ts";
import { storeLayout } from "./layout.ts";

export const MANIFEST_FORMAT = "relata-views";
export const MANIFEST_VERSION = 1;

const identitySchema = z.strictObject({
  adapter: z.string(),
  model: z.string(),
  settings: z.record(z.string(), z.unknown()),
});

export const manifestSchema = z.strictObject({
  format: z.literal(MANIFEST_FORMAT),
  version: z.literal(MANIFEST_VERSION),
  /** Which view is real. */
  direction: z.enum(["text", "picture"]),
  /** K: views of the other kind that a chain makes. */
  rounds: z.int().positive(),
  /** R: chains per instance. */
  chains: z.int().positive(),
  /** Whether every chain ends by turning its last view back into the real modality; absent in stores from before chains could. */
  closing: z.boolean().default(false),
  seed: z.int().nonnegative(),
  generators: z.strictObject({
    textToImage: identitySchema.optional(),
    imageToText: identitySchema.optional(),
  }),
  checks: z.strictObject({ duplicateLevels: z.int().nonnegative().nullable() }),
  instances: z.int().nonnegative(),
  /** SHA-256 over the instances: ids, real views, mentions. */
  data: z.string(),
  /** Instances whose calls share a log: the unit that a process takes. */
  shardInstances: z.int().positive(),
});
/** `manifest.json` of a store: the plan that it was made with, and its generators' identities. A store takes no other plan. */
export type Manifest = z.output<typeof manifestSchema>;

/** Steps of every chain: the last one makes round K's view, or, where chains are closed, what that is turned back into. */
export function stepsOf({ rounds, closing }: Pick<Manifest, "rounds" | "closing">): number {
  return closing ? 2 * rounds : 2 * rounds - 1;
}

/** Calls that the whole store plans. */
export function callsOf(manifest: Manifest): number {
  return manifest.instances * manifest.chains * stepsOf(manifest);
}

export function shardCount({ instances, shardInstances }: Manifest): number {
  return Math.ceil(instances / shardInstances);
}

/**
 * The manifest of a store.
 *
 * @throws SynthesisError `synthesis/no-such-store`, `synthesis/damaged-store`
 */
export async function readManifest(folder: string): Promise<Manifest> {
  const path = storeLayout(folder).manifest;
  let text: string;
  try {
    text = await readWholeText(path);
  } catch (cause) {
    throw new SynthesisError({
      code: "synthesis/no-such-store",
      message: `${folder} is not a store of generated views: ${(cause as Error).message}`,
      place: path,
      remedy: "Name the folder written by `relata synthesize <plan> --store <folder>`.",
      cause,
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw damagedStore(path, "is not JSON", cause);
  }
  const checked = checkShape(manifestSchema, value, { whole: "the manifest" });
  if (checked.success) return checked.data;
  throw damagedStore(path, `is not the manifest of a store: ${checked.faults.join("; ")}`);
}

/** A file of a store that is not as relata wrote it. */
export function damagedStore(place: string, what: string, cause?: unknown): SynthesisError {
  return new SynthesisError({
    code: "synthesis/damaged-store",
    message: `${place} ${what}`,
    place,
    remedy: "Restore the store from a backup, or remove the folder and run `relata synthesize` again.",
    cause,
  });
}

/** A file of a store that cannot be written. */
export function cannotWriteStore(place: string, cause: unknown): SynthesisError {
  return new SynthesisError({
    code: "synthesis/cannot-write",
    message: `the store cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`,
    place,
    remedy: `${writeRemedy(cause)} The same command resumes where this one stopped.`,
    cause,
    fault: "work",
  });
}

/** Runs what writes to a store: the system's errors become `synthesis/cannot-write`, all others stay as they are. */
export async function writingStore<T>(place: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw isSystemError(error) ? cannotWriteStore(place, error) : error;
  }
}
