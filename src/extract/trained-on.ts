// Reads what a model was trained on from the record next to it.

import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { z } from "zod";
import { DataError } from "../base/errors.ts";
import { readRecord } from "../base/json-record.ts";
import { weightsFingerprint } from "../encoders/weights-fingerprint.ts";
import { BUNDLE_PARTS } from "../extractors/shared/bundle-parts.ts";
import { DATA_FILE } from "../extractors/shared/data-file.ts";
import { type BundlePart, readBundle } from "./bundle.ts";

const splitSchema = z
  .object({
    fingerprint: z.string().min(1),
    account: z.object({
      documents: z.object({ source: z.string(), accepted: z.int().nonnegative() }),
    }),
  })
  .transform(({ fingerprint, account: { documents } }) => ({
    source: basename(documents.source), // a bundle leaves the machine, whose folders mean nothing elsewhere
    fingerprint,
    documents: documents.accepted,
  }));

const recordSchema = z.object({ train: splitSchema, validation: splitSchema });

/**
 * Returns the identity of a model folder: its weights, and its data if the record of its run (or of its bundle) is next to it.
 *
 * @throws EncoderError `encoder/no-weights`; DataError `data/bad-run-record`
 */
export async function bundlePartOf(model: string, part: keyof typeof BUNDLE_PARTS): Promise<BundlePart> {
  const weights = await weightsFingerprint(model);
  const beside = dirname(resolve(model));
  const place = join(beside, DATA_FILE);
  if (!existsSync(place)) {
    const bundle = await readBundle(beside);
    return { weights, trainedOn: bundle?.[BUNDLE_PARTS[part]]?.trainedOn ?? null };
  }
  const trainedOn = await readRecord(place, recordSchema, (what, cause) => badRecord(place, what, cause));
  return { weights, trainedOn };
}

function badRecord(place: string, what: string, cause: unknown): DataError {
  return new DataError({
    code: "data/bad-run-record",
    message: `${place} is not the record of a training run (${what})`,
    place,
    remedy:
      "Restore the run's own file, or move the model folder out of the run to export it without the record.",
    cause,
  });
}
