// Short digests of the texts that a model was trained on, and where they are kept: with the model, in its bundle, or in the record of its run.

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { z } from "zod";
import { DataError } from "../../base/errors.ts";
import { readRecord } from "../../base/json-record.ts";
import { comparableText } from "../../data/comparable-text.ts";
import type { Document } from "../../data/document.ts";

import { BEST_MODEL_FOLDER, LAST_MODEL_FOLDER } from "../../training/trainer.ts";
import { DATA_FILE } from "./data-file.ts";
import { TRAINING_RECORD } from "./training-record.ts";

const BYTES = 6; // comparing ten thousand texts with ten thousand gives a false match once in three million comparisons of files
const CHARACTERS = (BYTES * 4) / 3; // in base64

const splitSchema = z.object({ texts: z.string().optional() });
const recordSchema = z.object({ train: splitSchema, validation: splitSchema });

/** Digests of the texts that a model was trained on, and of those that chose its best epoch. */
export type SeenTexts = z.output<typeof recordSchema>;

/** The digests in a bundle of an earlier version. */
const OLD_SEEN_FILE = "seen-texts.json";

/** Returns digests of the documents' texts, concatenated; texts that differ only in white space and case have the same digest. */
export function textDigests(documents: Iterable<Pick<Document, "text">>): string {
  return [...documents].map(digestOf).join("");
}

/** The digest of a document's text. */
export function digestOf({ text }: Pick<Document, "text">): string {
  return createHash("sha256").update(comparableText(text)).digest().subarray(0, BYTES).toString("base64");
}

/** The digests in what `textDigests` returned; none for an absent record. */
export function digestsIn(texts = ""): string[] {
  return Array.from({ length: texts.length / CHARACTERS }, (_, i) =>
    texts.slice(i * CHARACTERS, (i + 1) * CHARACTERS),
  );
}

/**
 * Reads the digests that are kept with a model; undefined if there are none.
 *
 * @throws DataError `data/bad-run-record`
 */
export async function seenTexts(model: string): Promise<SeenTexts | undefined> {
  // Next to any other folder, a file with the name of a run's record does not belong to a run.
  const isOfRun = [BEST_MODEL_FOLDER, LAST_MODEL_FOLDER].includes(basename(resolve(model)));
  const places = [
    join(model, TRAINING_RECORD),
    join(model, OLD_SEEN_FILE),
    ...(isOfRun ? [join(dirname(resolve(model)), DATA_FILE)] : []),
  ];
  const place = places.find((one) => existsSync(one));
  if (place === undefined) return undefined;
  return readRecord(
    place,
    recordSchema,
    (what, cause) =>
      new DataError({
        code: "data/bad-run-record",
        message: `${place} is not the record of a training run (${what})`,
        place,
        remedy:
          "Restore the run's own file, or move the model folder out of the run to score it without the record.",
        cause,
      }),
  );
}

/** Keeps what is known about the texts that a model has seen with its copy in another folder, unless the copied record says it. @throws DataError `data/bad-run-record` */
export async function copySeenTexts(model: string, copy: string): Promise<void> {
  if (existsSync(join(model, TRAINING_RECORD))) return;
  const seen = await seenTexts(model);
  if (seen !== undefined) await writeFile(join(copy, OLD_SEEN_FILE), `${JSON.stringify(seen)}\n`);
}
