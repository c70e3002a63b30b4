// calibration.json of a trained model: the temperature fitted on validation data, and how well probabilities fitted before and after.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { replaceOwnFile } from "../../base/atomic-file.ts";
import { writingTo } from "../../base/cannot-write.ts";
import { DataError } from "../../base/errors.ts";
import { fileSha256 } from "../../base/file-hash.ts";
import { readRecord } from "../../base/json-record.ts";
import { WEIGHT_FILE } from "../../encoders/weight-source.ts";
import { type Calibration, calibrationSchema } from "./calibration.ts";

/** Its name in a model folder. */
export const CALIBRATION_FILE = "calibration.json";

/** Ties a calibration to its model: it is written after the model's manifest. */
const integritySchema = z.strictObject({
  /** SHA-256 of the weights it was fitted for. */
  weights: z.string(),
  /** SHA-256 of the rest of the file's content. */
  sha256: z.string(),
});
export type CalibrationIntegrity = z.output<typeof integritySchema>;

const fileSchema = calibrationSchema.extend({ integrity: integritySchema.optional() });

/** SHA-256 of a calibration without its integrity. */
export function calibrationSum(calibration: unknown): string {
  return createHash("sha256").update(JSON.stringify(calibration)).digest("hex");
}

/** Splits a file's content into the calibration and its integrity; files of earlier versions have no integrity. */
export function splitIntegrity(json: unknown): {
  readonly calibration: unknown;
  readonly integrity: CalibrationIntegrity | undefined;
} {
  if (typeof json !== "object" || json === null) return { calibration: json, integrity: undefined };
  const { integrity, ...calibration } = json as Readonly<Record<string, unknown>>;
  return { calibration, integrity: integritySchema.safeParse(integrity).data };
}

/** Writes it to a model folder, atomically. @throws DataError `data/cannot-write` */
export async function writeCalibration(folder: string, calibration: Calibration): Promise<void> {
  const place = join(folder, CALIBRATION_FILE);
  const weights = join(folder, WEIGHT_FILE);
  const integrity: CalibrationIntegrity = {
    weights: await fileSha256(weights, ({ problem, cause }) => bad(weights, problem, cause)),
    sha256: calibrationSum(calibration),
  };
  const content = JSON.stringify({ ...calibration, integrity }, undefined, 2);
  await writingTo(place, () => replaceOwnFile(place, `${content}\n`));
}

/**
 * Reads the calibration of a model folder; undefined for a model that was never calibrated.
 *
 * @throws DataError `data/bad-calibration`
 */
export async function readCalibration(folder: string): Promise<Calibration | undefined> {
  const place = join(folder, CALIBRATION_FILE);
  if (!existsSync(place)) return undefined;
  const { integrity: _, ...calibration } = await readRecord(place, fileSchema, (what, cause) =>
    bad(place, what, cause),
  );
  return calibration;
}

function bad(place: string, what: string, cause: unknown): DataError {
  return new DataError({
    code: "data/bad-calibration",
    message: `${place} is not a calibration (${what})`,
    place,
    remedy: "Train again, or remove the file; probabilities are then not calibrated, and results say so.",
    cause,
  });
}
