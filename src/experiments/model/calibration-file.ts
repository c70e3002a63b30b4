// calibration.json of a trained model: the temperature fitted on validation data, and how well the probabilities fitted before and after.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { replaceOwnFile } from "../../atomic-file.ts";
import { DataError } from "../../errors.ts";
import { readRecord } from "../json-record.ts";

/** Its name in a model folder. */
export const CALIBRATION_FILE = "calibration.json";

const schema = z.strictObject({
  /** What scores are divided by. */
  temperature: z.number().positive(),
  /** The best temperature lies outside the range that was searched. */
  atBound: z.boolean(),
  /** Validation instances (pairs, or predicted entities) it was fitted on. */
  instances: z.int().nonnegative(),
  /**
   * Expected calibration error over 15 bins: at temperature 1, and at temperatures fitted on one half of the validation data and measured on
   * the other; null without instances.
   */
  expectedCalibrationError: z.strictObject({ before: z.number(), after: z.number() }).nullable(),
});

export type Calibration = z.output<typeof schema>;

/** Writes it into a model folder, in one move. */
export async function writeCalibration(folder: string, calibration: Calibration): Promise<void> {
  await replaceOwnFile(join(folder, CALIBRATION_FILE), `${JSON.stringify(calibration, undefined, 2)}\n`);
}

/**
 * The calibration of a model folder; undefined for a model that was never calibrated.
 *
 * @throws DataError `data/bad-calibration`
 */
export async function readCalibration(folder: string): Promise<Calibration | undefined> {
  const place = join(folder, CALIBRATION_FILE);
  if (!existsSync(place)) return undefined;
  return readRecord(place, schema, (what, cause) => bad(place, what, cause));
}

function bad(place: string, what: string, cause: unknown): DataError {
  return new DataError({
    code: "data/bad-calibration",
    message: `load: ${place} is no calibration (${what})`,
    place,
    remedy: "Train again, or remove the file: probabilities are then not calibrated, and results say so.",
    cause,
  });
}
