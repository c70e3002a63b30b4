// calibration.json of a trained model: the temperature fitted on validation data, and how well probabilities fitted before and after.
import { join } from "node:path";
import { DataError } from "../../base/errors.ts";
import { type Calibration, calibrationSchema } from "./calibration.ts";
import { readSealed } from "./sealed-file.ts";

/** Its name in a model folder. */
export const CALIBRATION_FILE = "calibration.json";

/**
 * Reads the calibration of a model folder; undefined for a model that was never calibrated.
 *
 * @throws DataError `data/bad-calibration`
 */
export function readCalibration(folder: string): Promise<Calibration | undefined> {
  const place = join(folder, CALIBRATION_FILE);
  return readSealed(
    place,
    calibrationSchema,
    (what, cause) =>
      new DataError({
        code: "data/bad-calibration",
        message: `${place} is not a calibration (${what})`,
        place,
        remedy: "Train again, or remove the file; probabilities are then not calibrated, and results say so.",
        cause,
      }),
  );
}
