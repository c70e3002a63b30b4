// thresholds.json of a trained model: from which probability each label is reported.
import { join } from "node:path";
import { DataError } from "../../base/errors.ts";
import type { Thresholds } from "../../evaluation/thresholds.ts";
import { type Calibration, calibrated } from "./calibration.ts";
import { readSealed } from "./sealed-file.ts";
import { thresholdsSchema } from "./thresholds-record.ts";
import { calibratedBy, calibratedSchema, isCalibratedBy } from "./validation-predictions.ts";

/** Its name in a model folder. */
export const THRESHOLDS_FILE = "thresholds.json";

const schema = thresholdsSchema.extend({
  /** The calibration of the probabilities that thresholds are compared with. */
  calibrated: calibratedSchema,
});

/** The contents of the file. */
export function thresholdsRecord(thresholds: Thresholds, calibration: Calibration | undefined): object {
  const { aim, unreached, all, together, labels } = thresholds;
  return { aim, unreached, all, together, labels, calibrated: calibratedBy(calibration) };
}

/**
 * Reads the thresholds of a model folder; undefined for a model without any.
 *
 * @throws DataError `data/bad-thresholds`, also if they were fitted for another calibration
 */
export async function readThresholds(
  folder: string,
  calibration: Calibration | undefined,
): Promise<Thresholds | undefined> {
  const place = join(folder, THRESHOLDS_FILE);
  const bad = (what: string, cause?: unknown) =>
    new DataError({
      code: "data/bad-thresholds",
      message: `${place} ${what}`,
      place,
      remedy:
        "Fit the thresholds again (relata thresholds), or remove the file; everything found is then reported.",
      cause,
    });
  const content = await readSealed(place, schema, (what, cause) => bad(`has no thresholds (${what})`, cause));
  if (content === undefined) return undefined;
  const { calibrated: made, ...thresholds } = content;
  if (isCalibratedBy(made, calibrated(calibration))) return thresholds;
  throw bad("was fitted for another calibration than the one beside it");
}
