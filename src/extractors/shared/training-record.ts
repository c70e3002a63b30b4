// training-record.json of a trained model: what it was trained on, from what and how, and what it scored on its validation documents. It stays with the model when it leaves its run.

import { existsSync } from "node:fs";
import { basename, isAbsolute, join } from "node:path";
import { z } from "zod";
import { DataError } from "../../base/errors.ts";
import { sorted } from "../../base/json.ts";
import { sha256 } from "../../base/sha256.ts";
import { FOLDER_OR_ID_FIELDS, PATH_FIELDS } from "../../config/resuming.ts";
import type { Config } from "../../config/schema.ts";
import { measurementSchema } from "./measured-scores.ts";
import { providerAccountSchema } from "./provider-account.ts";
import { readSealed } from "./sealed-file.ts";

/** Its name in a model folder. */
export const TRAINING_RECORD = "training-record.json";

const count = z.int().nonnegative();
const counts = z.record(z.string(), count);
const range = z.strictObject({ min: z.number(), mean: z.number(), max: z.number() });

const splitSchema = z.strictObject({
  /** The file's name, without its folders. */
  source: z.string(),
  /** sha256 over its documents. */
  fingerprint: z.string(),
  /** Digests of its texts, concatenated: with them, overlap with other documents is seen. */
  texts: z.string(),
  documents: count,
  examples: count,
  /** Examples whose text was cut to `maxLength`. */
  truncated: count,
  withoutVisual: count,
  statistics: z.strictObject({
    documents: count,
    withoutImage: count,
    images: count,
    texts: count,
    characters: range,
    tokens: range,
    entities: counts,
    relations: counts,
    categories: counts.optional(),
  }),
});

export const trainingRecordSchema = z.strictObject({
  format: z.literal("relata-training-record"),
  version: z.literal(1),
  /** The version of relata that trained the model. */
  relata: z.string(),
  task: z.enum(["mre", "mner", "classification"]),
  visualChannel: z.string(),
  /** The text encoder that it started from: the name of a folder, or an id; null for a run that started from a trained model. */
  encoder: z.string().nullable(),
  /** Its id on a hub; null for a folder. */
  baseModel: z.string().nullable(),
  maxLength: count,
  train: splitSchema,
  validation: splitSchema,
  /** Texts in both splits, up to white space and case. */
  sharedTexts: count,
  /** Share of the letters of the training texts by script. */
  scripts: z.record(z.string(), z.number()),
  /** sha256 of what the training started from. */
  fingerprints: z.strictObject({
    /** Over the files of the tokenizer. */
    tokenizer: z.string(),
    /** Of the weights of the text encoder. */
    encoder: z.string(),
    /** Over the settings, with the names of files in place of their paths. */
    configuration: z.string(),
  }),
  /** The settings, with the names of files in place of their paths. */
  configuration: z.record(z.string(), z.json()),
  /** The epoch (from 1) and step of the weights. */
  best: z.strictObject({ epoch: count, step: count }),
  /** The plugin provider of the training's graphs; absent without one. */
  provider: providerAccountSchema.optional(),
  /** On the validation documents. */
  measured: measurementSchema,
});

/** What a model was trained on, from what and how, and what it scored. */
export type TrainingRecord = z.output<typeof trainingRecordSchema>;

/**
 * Reads the record of a model folder; undefined for a model of an earlier version.
 *
 * @throws DataError `data/bad-run-record`
 */
export function readTrainingRecord(folder: string): Promise<TrainingRecord | undefined> {
  const place = join(folder, TRAINING_RECORD);
  return readSealed(
    place,
    trainingRecordSchema,
    (what, cause) =>
      new DataError({
        code: "data/bad-run-record",
        message: `${place} is not the record of a training run (${what})`,
        place,
        remedy: "Restore the model's own file, or remove it to use the model without the record.",
        cause,
      }),
  );
}

const FILES: ReadonlySet<string> = new Set(PATH_FIELDS);
const PLACES: ReadonlySet<string> = new Set(FOLDER_OR_ID_FIELDS);

/** The settings of a run with the names of files in place of their paths, which say nothing on another machine. */
export function portableSettings(config: Config): TrainingRecord["configuration"] {
  const visit = (value: unknown, field: string): unknown => {
    if (typeof value === "string") {
      if (FILES.has(field)) return basename(value);
      return PLACES.has(field) ? portablePlace(value) : value;
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    const inner = Object.entries(value).map(([key, one]) => [
      key,
      visit(one, field === "" ? key : `${field}.${key}`),
    ]);
    return Object.fromEntries(inner);
  };
  const { cache: _, extensions: __, ...settings } = visit(config, "") as Record<string, unknown>;
  return JSON.parse(JSON.stringify(settings)) as TrainingRecord["configuration"];
}

/** The name of a file or folder; a hub id as it is. */
function portablePlace(place: string): string {
  return isHubId(place) ? place : basename(place);
}

/** Whether the setting of an encoder is the id of a model on a hub, and not a folder. */
export function isHubId(place: string): boolean {
  return (
    /^[\w.-]+\/[\w.-]+$/.test(place) && !place.startsWith(".") && !isAbsolute(place) && !existsSync(place)
  );
}

/** One hash over the settings, whatever the order of their keys. */
export function settingsFingerprint(settings: TrainingRecord["configuration"]): string {
  return sha256(JSON.stringify(sorted(settings)));
}
