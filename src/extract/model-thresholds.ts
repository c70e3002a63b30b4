// The thresholds that a model or a bundle has, and new ones fitted on its validation predictions.

import { rm } from "node:fs/promises";
import { join } from "node:path";
import { writingTo } from "../base/cannot-write.ts";
import { DataError } from "../base/errors.ts";
import {
  fitThresholds,
  type ThresholdAim,
  type Thresholds,
  type Unreached,
} from "../evaluation/thresholds.ts";
import { BUNDLE_PARTS } from "../extractors/shared/bundle-parts.ts";
import { calibrated } from "../extractors/shared/calibration.ts";
import { readCalibration } from "../extractors/shared/calibration-file.ts";
import { modelKindOf } from "../extractors/shared/saved-config.ts";
import { writeSealed } from "../extractors/shared/sealed-file.ts";
import { readThresholds, THRESHOLDS_FILE, thresholdsRecord } from "../extractors/shared/thresholds-file.ts";
import {
  isCalibratedBy,
  PREDICTIONS_FILE,
  readPredictions,
} from "../extractors/shared/validation-predictions.ts";
import { type VerifyOptions, verifyModel } from "../extractors/shared/verify-model.ts";
import { partsOfBundle, readBundle } from "./bundle.ts";
import type { ModelThresholds, ThresholdRequest } from "./threshold-request.ts";

/** Fits and writes the thresholds of a checked request, or removes them. */
export async function writeThresholds(request: ThresholdRequest): Promise<ModelThresholds> {
  const { model, aim, unreached, ...verify } = request;
  const changed: {
    kind: string;
    folder: string;
    record: object | undefined;
    thresholds: Thresholds | undefined;
  }[] = [];
  for (const { kind, folder } of await partsOf(model)) {
    const verified = await verifyModel(folder, verify, [THRESHOLDS_FILE]);
    const none = { thresholds: undefined, record: undefined };
    changed.push({ kind, folder, ...(aim === "none" ? none : await fittedFor(folder, aim, unreached)) });
    await verified.check();
  }
  for (const { folder, record } of changed) {
    if (record) await writeSealed(folder, { [THRESHOLDS_FILE]: record });
    else await writingTo(folder, () => rm(join(folder, THRESHOLDS_FILE), { force: true }));
  }
  return Object.fromEntries(changed.map(({ kind, thresholds }) => [kind, thresholds]));
}

/**
 * Returns the thresholds that a model or a bundle has.
 *
 * @throws DataError `data/bad-thresholds`, `data/not-a-model`, and the codes of `load` for changed files
 */
export async function thresholdsOfModel(model: string, verify: VerifyOptions = {}): Promise<ModelThresholds> {
  const found: [string, Thresholds | undefined][] = [];
  for (const { kind, folder } of await partsOf(model)) {
    await verifyModel(folder, verify);
    found.push([kind, await readThresholds(folder, await readCalibration(folder))]);
  }
  return Object.fromEntries(found);
}

async function partsOf(
  model: string,
): Promise<readonly { readonly kind: string; readonly folder: string }[]> {
  const bundle = await readBundle(model);
  if (bundle === undefined) return [{ kind: BUNDLE_PARTS[await modelKindOf(model)], folder: model }];
  return partsOfBundle(bundle).map((kind) => ({ kind, folder: join(model, kind) }));
}

async function fittedFor(folder: string, aim: ThresholdAim, unreached: Unreached | undefined) {
  const [calibration, answered] = [await readCalibration(folder), await readPredictions(folder)];
  if (answered === undefined) {
    throw new DataError({
      code: "data/no-validation-predictions",
      message: `${folder} has no ${PREDICTIONS_FILE}: it was trained by an earlier version, or its training has not ended`,
      place: join(folder, PREDICTIONS_FILE),
      remedy: "Train the model again; training stores what thresholds are fitted on.",
    });
  }
  if (!isCalibratedBy(answered.calibrated, calibrated(calibration))) {
    const place = join(folder, PREDICTIONS_FILE);
    throw new DataError({
      code: "data/bad-thresholds",
      message: `${place} was made with another calibration than the one beside it`,
      place,
      remedy: "Restore the model's own calibration, or train again.",
    });
  }
  const thresholds = fitThresholds(answered, answered.labels, aim, unreached);
  return { thresholds, record: thresholdsRecord(thresholds, calibration) };
}
