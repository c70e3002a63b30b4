// experiment.json: the parts of an experiment, so that its results can be collected at any time, even while it runs.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { DataError } from "../base/errors.ts";
import type { Json } from "../base/json.ts";
import { readWholeText } from "../base/whole-file.ts";
import { TASKS } from "../config/schema.ts";
import { OFFSET_UNITS } from "../data/offset-units.ts";
import { parseExperimentRecord, writeJsonFile } from "./stage-record.ts";

const goldSchema = z.strictObject({
  file: z.string(),
  format: z.string(),
  bio: z.enum(["conll", "strict", "repair"]),
  imageExtension: z.string(),
  offsets: z.enum(OFFSET_UNITS).optional(),
  noneLabel: z.string().optional(),
  /** Folder of the pictures, if the models use pixels. */
  pictures: z.string().optional(),
});

const experimentSchema = z.strictObject({
  format: z.literal("relata-experiment"),
  version: z.literal(1),
  relata: z.string(),
  preset: z.string(),
  title: z.string(),
  description: z.string(),
  axis: z.string().optional(),
  task: z.enum(TASKS),
  metric: z.enum(["micro_f1", "macro_f1", "accuracy"]),
  seeds: z.array(z.int()),
  threads: z.int(),
  reference: z.string(),
  references: z.record(z.string(), z.string()),
  /** Reference values, by name. */
  ceilings: z.record(z.string(), z.number()).default({}),
  sets: z.array(z.string()),
  variants: z.array(
    z.strictObject({
      name: z.string(),
      group: z.string().optional(),
      description: z.string(),
      value: z.number().optional(),
      reference: z.string().optional(),
      settings: z.record(z.string(), z.custom<Json>()).optional(),
      dataset: z.string().optional(),
      family: z.string().optional(),
      overrides: z.custom<Json>(),
    }),
  ),
  evaluations: z.array(
    z.strictObject({
      variant: z.string(),
      seed: z.int(),
      set: z.string(),
      condition: z.string().optional(),
      /** Ids of stages. */
      train: z.string(),
      evaluate: z.string(),
      gold: goldSchema,
    }),
  ),
  /** Ids of the stages requested so far; the others belong to other variants and seeds. */
  asked: z.array(z.string()).default([]),
  /** Fingerprints of all stages by id. */
  stages: z.record(z.string(), z.string()),
  config: z.custom<Json>(),
});

export type ExperimentFile = z.output<typeof experimentSchema>;

const EXPERIMENT_FILE = "experiment.json";

/** Reads the experiment of a folder; undefined if there is none. @throws DataError `experiment/bad-record` */
export async function readExperimentFile(out: string): Promise<ExperimentFile | undefined> {
  const path = join(out, EXPERIMENT_FILE);
  if (!existsSync(path)) return undefined;
  return parseExperimentRecord(path, await readWholeText(path), experimentSchema);
}

/** Reads the experiment of a folder, which must exist. @throws DataError `experiment/no-experiment`, `experiment/bad-record` */
export async function requireExperimentFile(out: string): Promise<ExperimentFile> {
  const file = await readExperimentFile(out);
  if (file !== undefined) return file;
  throw new DataError({
    code: "experiment/no-experiment",
    message: "the folder does not contain an experiment",
    place: out,
    remedy: "Name the folder that was given to `relata experiment run` with --out.",
  });
}

export async function writeExperimentFile(
  out: string,
  file: Omit<ExperimentFile, "format" | "version">,
): Promise<void> {
  await writeJsonFile(join(out, EXPERIMENT_FILE), { format: "relata-experiment", version: 1, ...file });
}
