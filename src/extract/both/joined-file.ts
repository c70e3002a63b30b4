// What a run of both tasks keeps about its finished stages, so that a resumed run repeats warnings and not work.

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { replaceOwnFile } from "../../base/atomic-file.ts";
import { DataError } from "../../base/errors.ts";
import { readRecord } from "../../base/json-record.ts";
import { BOTH_SCORES_FILE } from "../../extractors/shared/both-files.ts";
import type { BundleEvaluationSummary } from "./evaluate-bundle.ts";

const JOINED_FILE = "joined.json";

const schema = z.object({
  /** What to know before using the bundle. */
  warnings: z.array(z.string()),
  scored: z
    .object({
      /** Hash of the bundle, documents, pictures and captions that were scored. */
      inputs: z.string(),
      /** SHA-256 of the file of scores. */
      file: z.string(),
    })
    .optional(),
});
export type Joined = z.output<typeof schema>;

/** Reads the record. @returns undefined if the models were not joined yet. @throws DataError `data/not-a-run` for a record with faults */
export async function readJoined(runFolder: string): Promise<Joined | undefined> {
  const place = join(runFolder, JOINED_FILE);
  if (!existsSync(place)) return undefined;
  return readRecord(
    place,
    schema,
    (what, cause) =>
      new DataError({
        code: "data/not-a-run",
        message: `${runFolder} cannot be resumed: ${JOINED_FILE}: ${what}`,
        place,
        remedy: "Remove the file: the models are then joined and scored again.",
        cause,
      }),
  );
}

export async function writeJoined(runFolder: string, joined: Joined): Promise<void> {
  await replaceOwnFile(join(runFolder, JOINED_FILE), `${JSON.stringify(joined, undefined, 2)}\n`);
}

/** Reads the scores that were computed from these inputs. @returns undefined if there are none, or if their file has been changed since */
export async function readScores(
  runFolder: string,
  inputs: string,
): Promise<BundleEvaluationSummary | undefined> {
  const scored = (await readJoined(runFolder))?.scored;
  const place = join(runFolder, BOTH_SCORES_FILE);
  if (scored?.inputs !== inputs || !existsSync(place)) return undefined;
  const text = await readFile(place, "utf8");
  return sha256(text) === scored.file ? (JSON.parse(text) as BundleEvaluationSummary) : undefined; // the bytes that were written
}

/** Writes scores, and from which inputs they were computed. */
export async function writeScores(
  runFolder: string,
  inputs: string,
  scores: BundleEvaluationSummary,
): Promise<void> {
  const text = `${JSON.stringify(scores, undefined, 2)}\n`;
  await replaceOwnFile(join(runFolder, BOTH_SCORES_FILE), text);
  const joined = await readJoined(runFolder);
  await writeJoined(runFolder, { warnings: [], ...joined, scored: { inputs, file: sha256(text) } });
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
