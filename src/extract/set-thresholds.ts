// Fits the thresholds of a trained model, or of every model of a bundle, on what they answered on their validation documents.

import { rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { writingTo } from "../base/cannot-write.ts";
import { DataError } from "../base/errors.ts";
import { FIELD, type RequestShape, requireRequest } from "../base/require-request.ts";
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

/** Which model gets thresholds, and what for. */
export interface ThresholdRequest extends VerifyOptions {
  /** Folder of a bundle, or of a model. */
  readonly model: string;
  /** A precision above 0 and below 1 for each label, its best F1, or "none": the thresholds are removed. */
  readonly aim: ThresholdAim | "none";
  /** What happens to a label that cannot reach the precision: it takes the threshold of its best one (the default), or it is never reported. */
  readonly unreached?: Unreached | undefined;
}

/** The thresholds of a bundle's models, or of one model. */
export interface ModelThresholds {
  readonly entities?: Thresholds | undefined;
  readonly relations?: Thresholds | undefined;
  readonly categories?: Thresholds | undefined;
}

const REQUEST: RequestShape<ThresholdRequest> = {
  model: FIELD.text,
  aim: z.union([z.enum(["best-f1", "none"]), z.strictObject({ precision: z.number().gt(0).lt(1) })]),
  unreached: z.enum(["best", "drop"]).optional(),
  verify: FIELD.flag.optional(),
  onNotice: FIELD.callback.optional(),
};

/**
 * Fits thresholds per label on a model's validation predictions, which training has stored, and writes them into its folder. Extraction and
 * evaluation apply them from then on.
 *
 * @throws ConfigError `config/bad-request`; DataError `data/no-validation-predictions`, `data/bad-thresholds`, `data/not-a-model`, `data/cannot-write`, and the codes of
 * `load` for changed files
 * @example
 * import { setThresholds } from "relata";
 *
 * const { relations } = await setThresholds({ model: "models/posts", aim: { precision: 0.9 } });
 * for (const { label, threshold, heldOut } of relations?.labels ?? []) console.log(label, threshold, heldOut?.precision);
 */
export async function setThresholds(request: ThresholdRequest): Promise<ModelThresholds> {
  requireRequest(REQUEST, request, "the request for thresholds");
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
