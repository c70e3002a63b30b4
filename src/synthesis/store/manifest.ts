// The manifest of a store: its plan. Written once; a run with another plan is refused.
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
  /** K: number of views of the missing modality in a chain. */
  rounds: z.int().positive(),
  /** R: chains per instance. */
  chains: z.int().positive(),
  /** Whether every chain ends by turning its last view back into the real modality; absent in older stores. */
  closing: z.boolean().default(false),
  seed: z.int().nonnegative(),
  generators: z.strictObject({
    textToImage: identitySchema.optional(),
    imageToText: identitySchema.optional(),
    /** Present: the views are texts made from the real texts, in one step. */
    textToText: identitySchema.optional(),
  }),
  checks: z.strictObject({ duplicateLevels: z.int().nonnegative().nullable() }),
  instances: z.int().nonnegative(),
  /** SHA-256 over the instances: ids, real views, mentions. */
  data: z.string(),
  /** Instances that share a log: the unit of work of a process. */
  shardInstances: z.int().positive(),
});
/** `manifest.json` of a store: its plan and its generators' identities. A store accepts no other plan. */
export type Manifest = z.output<typeof manifestSchema>;

/** The generators of a store in words: role, adapter and model of each. */
export function generatorsInWords({ generators }: Pick<Manifest, "generators">): string[] {
  return Object.entries(generators).map(([role, one]) =>
    one === undefined ? role : `${role}: ${one.adapter} ${one.model}`,
  );
}

/** Steps of every chain: the last one makes the view of round K or, if chains are closed, turns it back. */
export function stepsOf({ rounds, closing }: Pick<Manifest, "rounds" | "closing">): number {
  return closing ? 2 * rounds : 2 * rounds - 1;
}

/** Total number of planned calls. */
export function callsOf(manifest: Manifest): number {
  return manifest.instances * manifest.chains * stepsOf(manifest);
}

export function shardCount({ instances, shardInstances }: Manifest): number {
  return Math.ceil(instances / shardInstances);
}

/** The manifest of one shard's instances alone. */
export function manifestOfShard(manifest: Manifest, shard: number): Manifest {
  const { instances, shardInstances } = manifest;
  return { ...manifest, instances: Math.min(shardInstances, instances - shard * shardInstances) };
}

/**
 * Reads the manifest of a store.
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

/** The error for a damaged file of a store. */
export function damagedStore(place: string, what: string, cause?: unknown): SynthesisError {
  return new SynthesisError({
    code: "synthesis/damaged-store",
    message: `${place} ${what}`,
    place,
    remedy: "Restore the store from a backup, or remove the folder and run `relata synthesize` again.",
    cause,
  });
}

/** The error for a file of a store that cannot be written. */
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

/** Runs code that writes to a store: system errors become `synthesis/cannot-write`; others are unchanged. */
export async function writingStore<T>(place: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw isSystemError(error) ? cannotWriteStore(place, error) : error;
  }
}
