// Tells whether a model has seen documents before: short digests of its training texts, kept in the record of its run.

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { z } from "zod";
import { counted } from "../../base/counted.ts";
import { DataError } from "../../base/errors.ts";
import { readRecord } from "../../base/json-record.ts";
import { comparableText } from "../../data/comparable-text.ts";
import type { Document } from "../../data/document.ts";
import { BEST_MODEL_FOLDER, LAST_MODEL_FOLDER } from "../../training/trainer.ts";
import { DATA_FILE } from "./data-file.ts";

const BYTES = 6; // comparing ten thousand texts with ten thousand gives a false match once in three million comparisons of files
const CHARACTERS = (BYTES * 4) / 3; // in base64

const splitSchema = z.object({ texts: z.string().optional() });
const recordSchema = z.object({ train: splitSchema, validation: splitSchema });

/** Digests of the texts that a model was trained on, and of those that chose its best epoch. */
type SeenTexts = z.output<typeof recordSchema>;

/** The digests in a folder of a model that left its run, such as a bundle's. */
const SEEN_FILE = "seen-texts.json";

/** Returns digests of the documents' texts, concatenated; texts that differ only in white space and case have the same digest. */
export function textDigests(documents: Iterable<Pick<Document, "text">>): string {
  return [...documents].map(digestOf).join("");
}

function digestOf({ text }: Pick<Document, "text">): string {
  return createHash("sha256").update(comparableText(text)).digest().subarray(0, BYTES).toString("base64");
}

/**
 * Notes on a score for documents that a model, or one of a bundle's, was trained on, or that chose its best epoch; empty if there are none, or if
 * no record of the training is with the model.
 *
 * @throws DataError `data/bad-run-record`
 */
export async function seenNotes(
  models: readonly string[],
  documents: readonly Document[],
): Promise<string[]> {
  const records = (await Promise.all(models.map(seenTexts))).filter((record) => record !== undefined);
  const all = documents.length;
  const own = documents.map(digestOf);
  const seen = (split: keyof SeenTexts) => {
    const known = new Set(records.flatMap((record) => digestsIn(record[split].texts)));
    return own.filter((digest) => known.has(digest)).length;
  };
  const [trained, chosen] = [seen("train"), seen("validation")];
  return [
    ...(trained > 0
      ? [
          `warning: the model was trained on the texts of ${trained} of these ${counted(all, "document")}: the scores are too high`,
        ]
      : []),
    ...(chosen > 0
      ? [
          `warning: ${chosen} of these ${counted(all, "document")} ${chosen === 1 ? "is a validation document" : "are validation documents"}, on which the best epoch was chosen: on other documents, scores will be lower`,
        ]
      : []),
  ];
}

/** Copies what is known about the texts that a model has seen to its copy in another folder. @throws DataError `data/bad-run-record` */
export async function copySeenTexts(model: string, copy: string): Promise<void> {
  const seen = await seenTexts(model);
  if (seen !== undefined) await writeFile(join(copy, SEEN_FILE), `${JSON.stringify(seen)}\n`);
}

/** Reads the digests from the model's folder, or from the record of its run. */
async function seenTexts(model: string): Promise<SeenTexts | undefined> {
  const own = join(model, SEEN_FILE);
  const ofRun = join(dirname(resolve(model)), DATA_FILE);
  // Next to any other folder, a file with this name does not belong to a run.
  const isOfRun = [BEST_MODEL_FOLDER, LAST_MODEL_FOLDER].includes(basename(resolve(model)));
  const place = existsSync(own) ? own : isOfRun && existsSync(ofRun) ? ofRun : undefined;
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

function digestsIn(texts: string | undefined): string[] {
  const count = (texts?.length ?? 0) / CHARACTERS;
  return Array.from({ length: count }, (_, i) => texts!.slice(i * CHARACTERS, (i + 1) * CHARACTERS)); // count is 0 without texts
}
