// Identifies the model in a folder: a hash over everything that affects its results.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { readWholeText } from "../base/whole-file.ts";
import { combinedFingerprint } from "../encoders/onnx-file.ts";
import { weightsFingerprint } from "../encoders/weights-fingerprint.ts";
import { PAIR_RULE_FILE } from "../extractors/pairs/pair-rule-file.ts";
import { CALIBRATION_FILE } from "../extractors/shared/calibration-file.ts";
import { THRESHOLDS_FILE } from "../extractors/shared/thresholds-file.ts";
import { partsOfBundle, readBundle } from "./bundle.ts";

/**
 * Returns the sha256 over a model's weights, configuration, calibration and thresholds, or over those of a bundle's models and its type constraints.
 *
 * @throws DataError `data/bad-bundle`; EncoderError `encoder/no-weights`
 */
export async function modelIdentity(folder: string): Promise<string> {
  const bundle = await readBundle(folder);
  if (bundle === undefined) return identityOf(folder);
  const parts = partsOfBundle(bundle).map((part) => identityOf(join(folder, part)));
  return combinedFingerprint([...(await Promise.all(parts)), bundle.typeConstraints?.pairs ?? null]);
}

async function identityOf(folder: string): Promise<string> {
  const calibration = join(folder, CALIBRATION_FILE);
  const thresholds = join(folder, THRESHOLDS_FILE);
  return combinedFingerprint([
    await weightsFingerprint(folder),
    await readWholeText(join(folder, "config.json")),
    ...(existsSync(join(folder, PAIR_RULE_FILE)) ? [await readWholeText(join(folder, PAIR_RULE_FILE))] : []),
    existsSync(calibration) ? await readWholeText(calibration) : "",
    ...(existsSync(thresholds) ? [await readWholeText(thresholds)] : []),
  ]);
}
