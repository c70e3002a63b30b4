// card.json of a bundle or a model folder: what its people say about it (licence, languages, data sets), and the scores that were recorded for it.

import { join } from "node:path";
import { z } from "zod";
import { replaceOwnFile } from "../../base/atomic-file.ts";
import { writingTo } from "../../base/cannot-write.ts";
import { DataError } from "../../base/errors.ts";
import { exists } from "../../base/exists.ts";
import { readRecord } from "../../base/json-record.ts";
import { type Measurement, measurementSchema } from "../../extractors/shared/measured-scores.ts";
import { modelIdentity } from "../model-identity.ts";
import { CARD_FILE } from "./card-files.ts";

/** What only people know about a model. */
export const statedSchema = z.strictObject({
  /** An identifier of the hub's list, such as "mit"; "unknown" says that nobody has decided. */
  license: z.string().regex(/^[a-z0-9][a-z0-9.+-]{0,60}$/),
  /** Codes of ISO 639, such as "en". */
  languages: z.array(z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$|^multilingual$/)).readonly(),
  /** Ids of data sets on a hub. */
  datasets: z.array(z.string().regex(/^[\w.-]+(\/[\w.-]+)?$/)).readonly(),
});
/** The licence, the languages and the data sets of a model. */
export type Stated = z.output<typeof statedSchema>;

export const NOTHING_STATED: Stated = { license: "unknown", languages: [], datasets: [] };

const schema = z.strictObject({
  format: z.literal("relata-card"),
  version: z.literal(1),
  ...statedSchema.shape,
  /** SHA-256 of the README.md that relata wrote: another one was edited, and stays. */
  readme: z.string().nullable(),
  /** Scores by `relata evaluate`, each with the model that was scored: other weights or thresholds have other scores. */
  measured: z.array(z.strictObject({ model: z.string(), ...measurementSchema.shape })).readonly(),
});

/** The contents of card.json. */
export type CardRecord = z.output<typeof schema>;

const EMPTY: CardRecord = {
  format: "relata-card",
  version: 1,
  ...NOTHING_STATED,
  readme: null,
  measured: [],
};

/** Reads the record of a bundle or model; an empty one if there is none. @throws DataError `data/bad-card` */
export async function readCard(folder: string): Promise<CardRecord> {
  const place = join(folder, CARD_FILE);
  if (!(await exists(place))) return EMPTY;
  return readRecord(
    place,
    schema,
    (what, cause) =>
      new DataError({
        code: "data/bad-card",
        message: `${place} is not the record of a model card (${what})`,
        place,
        remedy: "Restore the file, or remove it: the licence and the recorded scores are then lost.",
        cause,
      }),
  );
}

/** Writes the record. @throws DataError `data/cannot-write` */
export async function writeCardRecord(folder: string, card: CardRecord): Promise<void> {
  const path = join(folder, CARD_FILE);
  await writingTo(path, () => replaceOwnFile(path, `${JSON.stringify(card, undefined, 2)}\n`));
}

/** Returns the recorded scores of the model as it is now. */
export async function recordedScores(folder: string, card: CardRecord): Promise<readonly Measurement[]> {
  if (card.measured.length === 0) return [];
  const now = await modelIdentity(folder);
  return card.measured.filter(({ model }) => model === now).map(({ model: _, ...one }) => one);
}

/** Adds scores of the model as it is now, in place of earlier ones on the same documents, and without those of other weights. */
export async function withMeasurements(
  folder: string,
  card: CardRecord,
  added: readonly Measurement[],
): Promise<CardRecord> {
  const model = await modelIdentity(folder);
  const key = ({ data, scores }: Measurement) =>
    [data.fingerprint, ...scores.map(({ of }) => of).sort()].join(" ");
  const replaced = new Set(added.map(key));
  const kept = card.measured.filter((one) => one.model === model && !replaced.has(key(one)));
  return { ...card, measured: [...kept, ...added.map((one) => ({ model, ...one }))] };
}
