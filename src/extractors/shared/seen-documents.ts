// Tells whether a model has seen documents before: short digests of its training texts, kept in the record of its run.

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { z } from "zod";
import { counted } from "../../base/counted.ts";
import { DataError } from "../../base/errors.ts";
import { readRecord } from "../../base/json-record.ts";
import type { Document } from "../../data/document.ts";
import { comparableText } from "../../data/splits.ts";
import { BEST_MODEL_FOLDER, LAST_MODEL_FOLDER } from "../../training/trainer.ts";
import { DATA_FILE } from "./data-file.ts";

const BYTES = 6; // comparing ten thousand texts with ten thousand gives a false match once in three million comparisons of files
const CHARACTERS = (BYTES * 4) / 3; // in base64

const recordSchema = z.object({
  train: z.object({ texts: z.string().optional() }),
  validation: z.object({ texts: z.string().optional() }),
});

/** Returns digests of the documents' texts, concatenated; texts that differ only in white space and case have the same digest. */
export function textDigests(documents: Iterable<Pick<Document, "text">>): string {
  return [...documents].map(digestOf).join("");
}

function digestOf({ text }: Pick<Document, "text">): string {
  return createHash("sha256").update(comparableText(text)).digest().subarray(0, BYTES).toString("base64");
}

/**
 * Notes on a score for documents that the model was trained on, or that chose its best epoch; empty if there are none, or if the
 * record of the run is not next to the model.
 *
 * @throws DataError `data/bad-run-record`
 */
export async function seenNotes(model: string, documents: readonly Document[]): Promise<string[]> {
  const place = join(dirname(resolve(model)), DATA_FILE);
  // Next to any other folder, a file with this name does not belong to a run.
  const isOfRun = [BEST_MODEL_FOLDER, LAST_MODEL_FOLDER].includes(basename(resolve(model)));
  if (!isOfRun || !existsSync(place)) return [];
  const record = await readRecord(
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
  const all = documents.length;
  const own = documents.map(digestOf);
  const seen = ({ texts }: { readonly texts?: string | undefined }) => {
    const known = new Set<string>();
    for (let at = 0; at < (texts?.length ?? 0); at += CHARACTERS)
      known.add(texts!.slice(at, at + CHARACTERS)); // at is inside
    return own.filter((digest) => known.has(digest)).length;
  };
  const [trained, chosen] = [seen(record.train), seen(record.validation)];
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
