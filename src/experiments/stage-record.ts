// stage.json: the progress of a stage, and its fingerprint; makes an experiment resumable.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { DataError } from "../base/errors.ts";
import type { Json } from "../base/json.ts";
import { parseRecord } from "../base/json-record.ts";
import { processOwnerSchema } from "../base/process-owner.ts";
import { readWholeText } from "../base/whole-file.ts";
import { writeAtomically } from "../data/file-sink.ts";

/** The remains of a failed stage. */
const failureSchema = z.strictObject({
  /** The child's error in one line, or how the child ended. */
  message: z.string(),
  /** The end of its log. */
  log: z.string(),
});

const recordSchema = z.strictObject({
  format: z.literal("relata-experiment-stage"),
  version: z.literal(1),
  id: z.string(),
  kind: z.string(),
  fingerprint: z.string(),
  identity: z.custom<Json>(),
  status: z.enum(["running", "finished", "failed"]),
  /** The child while it runs. */
  owner: processOwnerSchema.optional(),
  /** The same in the form of earlier versions. */
  pid: z.int().optional(),
  /** Sum over all its finished attempts. */
  seconds: z.number(),
  failure: failureSchema.optional(),
  /** SHA-256 of the best weights of a finished training. */
  weights: z.string().optional(),
});

export type StageRecord = z.output<typeof recordSchema>;
export type StageFailure = z.output<typeof failureSchema>;

export const STAGE_RECORD = "stage.json";

/** Reads the record of a stage's folder; undefined if the stage was never started. @throws DataError `experiment/bad-record` */
export async function readStageRecord(folder: string): Promise<StageRecord | undefined> {
  const path = join(folder, STAGE_RECORD);
  let text: string;
  try {
    text = await readWholeText(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  return parseExperimentRecord(path, text, recordSchema);
}

/** Writes the record: at any time either the old or the new one exists. */
export async function writeStageRecord(
  folder: string,
  record: Omit<StageRecord, "format" | "version">,
): Promise<void> {
  const whole: StageRecord = { format: "relata-experiment-stage", version: 1, ...record };
  await mkdir(folder, { recursive: true });
  await writeJsonFile(join(folder, STAGE_RECORD), whole);
}

/** Writes a value as JSON, atomically. */
export async function writeJsonFile(path: string, value: unknown): Promise<void> {
  await writeAtomically(path, (file) => file.text(`${JSON.stringify(value, undefined, 2)}\n`));
}

/** Reads a record of an experiment. @throws DataError `experiment/bad-record` */
export function parseExperimentRecord<Schema extends z.ZodType>(
  path: string,
  text: string,
  schema: Schema,
): z.output<Schema> {
  return parseRecord(
    text,
    schema,
    (what, cause) =>
      new DataError({
        code: "experiment/bad-record",
        message: `${path} is not a record that this version can read: ${what}`,
        place: path,
        remedy: "Remove the folder that contains it, or start the experiment in another folder.",
        cause,
      }),
  );
}
