// begun.json: what the teachers of a folder were begun with. The first process writes it, and every other one must have the same.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { createExclusively } from "../../base/atomic-file.ts";
import { writingTo } from "../../base/cannot-write.ts";
import { ConfigError } from "../../base/errors.ts";
import { differences, type Json, toJson } from "../../base/json.ts";
import type { Config } from "../../config/schema.ts";
import { inputContents } from "../shared/run-settings.ts";
import { readIfThere } from "./scores-file.ts";
import { teacherSettings } from "./teacher-settings.ts";

/** Written when the first teacher starts. */
export const BEGUN_FILE = "begun.json";

/** What teachers start with. */
export const begunSchema = z.strictObject({
  /** Fingerprint of the settings, documents and views. */
  identity: z.string(),
  /** The settings, so that a message can name the one that differs; absent from older folders. */
  settings: z.json().optional(),
  /** Contents of the files and folders that `identity` does not cover, such as encoders, by field; absent from older folders. */
  inputs: z.record(z.string(), z.string()).optional(),
  /** Fingerprint of the validation documents, if teachers read real second views of them; null if not, absent from older folders. */
  validation: z.string().nullable().optional(),
});
export type Begun = z.output<typeof begunSchema>;

/** The settings that scores depend on, as they are recorded. */
export function begunSettings(config: Config): NonNullable<Begun["settings"]> {
  const { selection } = config.synthesis;
  const settings = teacherSettings(config, selection.epochs ?? config.training.epochs);
  return toJson(settings) as NonNullable<Begun["settings"]>;
}

/** Documents and views have their own fingerprints in the identity, and a store may be packed meanwhile. */
const COVERED = /^(data\.(train|validation)|synthesis\..*|from|cache)$/;

/** Describes the files and folders that the identity does not cover. */
export async function begunInputs(config: Config): Promise<NonNullable<Begun["inputs"]>> {
  const contents = Object.entries(await inputContents(config));
  return Object.fromEntries(contents.filter(([field]) => !COVERED.test(field)));
}

/** Returns what the teachers in `folder` started with. @throws DataError `data/bad-scores` */
export function readBegun(folder: string): Promise<Begun | undefined> {
  return readIfThere(begunSchema, join(folder, BEGUN_FILE));
}

/**
 * Notes what the teachers of a folder start with, unless another process has: then it must be the same.
 *
 * @throws ConfigError `config/other-scores`; DataError `data/bad-scores`, `data/cannot-write`
 */
export async function begin(folder: string, now: Begun): Promise<void> {
  const place = join(folder, BEGUN_FILE);
  for (;;) {
    const before = await readBegun(folder);
    if (before !== undefined) {
      const other = differenceBetween(before, now);
      if (other !== undefined) throw otherScores(folder, other);
      return;
    }
    const isFirst = await writingTo(place, async () => {
      await mkdir(folder, { recursive: true });
      return createExclusively(place, `${JSON.stringify(now, null, 2)}\n`);
    });
    if (isFirst) return;
  }
}

/** Refuses settings other than those of a folder, before anything is read. @throws ConfigError `config/other-scores` */
export async function requireSameSettings(folder: string, config: Config): Promise<void> {
  const before = await readBegun(folder);
  const changed = changedSettings(before?.settings, begunSettings(config));
  if (changed !== undefined) throw otherScores(folder, changed);
}

/** What differs between two beginnings, in words; undefined if nothing does. */
export function differenceBetween(before: Begun, now: Begun): string | undefined {
  const inputs = changedInputs(before, now);
  if (before.identity !== now.identity) {
    if (before.settings === undefined) return "other documents, views or settings";
    return changedSettings(before.settings, now.settings) ?? "other documents or views";
  }
  if (inputs.length > 0) return `other files: ${inputs.join(", ")}`;
  if (before.validation !== undefined && before.validation !== now.validation)
    return "other validation documents, of which they read the real second views";
  return undefined;
}

/** A folder whose teachers were begun with something else. @param what as `differenceBetween` says it */
export function otherScores(folder: string, what: string): ConfigError {
  return new ConfigError({
    code: "config/other-scores",
    message: `${folder} contains teachers or scores for ${what}`,
    place: folder,
    value: what,
    remedy: "Use the original documents, views and settings, or name another folder.",
  });
}

/** Settings that differ, in words. */
function changedSettings(before: Begun["settings"], now: Begun["settings"]): string | undefined {
  if (before === undefined) return undefined;
  const changed = differences(before as Json, now as Json);
  return changed.length === 0 ? undefined : `other settings: ${changed.join("; ")}`;
}

/** Fields whose files or folders have another content; none for an older folder, which does not say. */
function changedInputs(before: Begun, now: Begun): string[] {
  if (before.inputs === undefined || now.inputs === undefined) return [];
  const fields = new Set([...Object.keys(before.inputs), ...Object.keys(now.inputs)]);
  return [...fields].filter((field) => before.inputs?.[field] !== now.inputs?.[field]);
}
