// Compares a model folder with its record before loading: a separate model, or a part of a bundle.
import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { DataError } from "../../base/errors.ts";
import { fileSha256 } from "../../base/file-hash.ts";
import { type FileWatch, watchFiles } from "../../base/file-stamp.ts";
import { type ManifestFault, readManifest, verifyManifest } from "../../base/manifest.ts";
import { readWholeText } from "../../base/whole-file.ts";
import { WEIGHT_FILE } from "../../encoders/weight-source.ts";
import { verifyModelFolder } from "../../training/model-folder.ts";
import { CALIBRATION_FILE, calibrationSum, splitIntegrity } from "./calibration-file.ts";

/** How a loader treats the record. */
export interface VerifyOptions {
  /** False: files are not checked, and a notice says so. */
  readonly verify?: boolean | undefined;
  /** Called with notes for the user: files that were not compared, and why. */
  readonly onNotice?: ((notice: string) => void) | undefined;
}

/** For files that do not change until the model is in memory. */
export type Verified = Pick<FileWatch, "check">;

const UNWATCHED: Verified = { check: async () => undefined };

/**
 * Compares the files of a model folder with their recorded SHA-256.
 *
 * @returns what to check when the model is loaded
 * @throws DataError `model/changed`, `model/missing-file`, `model/not-a-file`, `model/unlisted-file`, `model/outside-path`, `model/bad-manifest`, and
 * the same with `bundle/` for a part of a bundle
 */
export async function verifyModel(
  folder: string,
  { verify = true, onNotice }: VerifyOptions,
): Promise<Verified> {
  if (!verify) {
    onNotice?.(notVerified(folder));
    return UNWATCHED;
  }
  const calibration = join(folder, CALIBRATION_FILE);
  const verified = await verifyModelFolder(folder, [CALIBRATION_FILE]);
  if (verified !== undefined) {
    if (existsSync(calibration)) await verifyCalibration(calibration, verified.weights);
    return watchFiles([...verified.files, calibration]);
  }
  const bundle = dirname(resolve(folder));
  const part = basename(resolve(folder));
  const manifest = await readManifest(bundle, bundleFault);
  if (manifest?.has(`${part}/config.json`)) {
    const scopes = [`${part}/`, "encoders/"];
    return watchFiles(await verifyManifest(bundle, manifest, bundleFault, { scopes }));
  }
  if (existsSync(calibration)) {
    const weights = join(folder, WEIGHT_FILE);
    const sum = existsSync(weights) ? await fileSha256(weights, changedFile(weights)) : undefined;
    await verifyCalibration(calibration, sum, true);
  }
  onNotice?.(`${folder} was written by an earlier version and has no manifest: its files were not checked`);
  return UNWATCHED;
}

/** The notice about a model or bundle that was not checked. */
export function notVerified(folder: string): string {
  return `as requested, the files of ${folder} were not checked against their recorded SHA-256`;
}

/** A calibration names the weights it belongs to. */
async function verifyCalibration(
  place: string,
  weights: string | undefined,
  mayBeOld = false,
): Promise<void> {
  let json: unknown;
  try {
    json = JSON.parse(await readWholeText(place));
  } catch (error) {
    if (error instanceof SyntaxError) return; // its reader reports what is wrong
    throw error;
  }
  const { integrity, calibration } = splitIntegrity(json);
  const fault = (problem: string) => modelChanged(place, problem);
  if (integrity === undefined) {
    if (mayBeOld) return;
    throw fault("does not say which weights it belongs to: it was edited, or belongs to another model");
  }
  if (integrity.sha256 !== calibrationSum(calibration)) throw fault("was edited since it was written");
  if (weights !== undefined && integrity.weights !== weights)
    throw fault("belongs to other weights than those in the same folder");
}

function modelChanged(place: string, problem: string): DataError {
  return new DataError({
    code: "model/changed",
    message: `${place} ${problem}`,
    place,
    remedy: "Restore the model's own calibration, or remove the file; probabilities are then not calibrated.",
  });
}

const changedFile = (place: string) => (fault: { readonly problem: string; readonly cause?: unknown }) =>
  new DataError({
    code: "model/not-a-file",
    message: `${place} ${fault.problem}`,
    place,
    remedy: "Restore the model's own file.",
    cause: fault.cause,
  });

const BUNDLE_FAULTS = {
  "bad-manifest": "bundle/bad-manifest",
  changed: "bundle/changed",
  "missing-file": "bundle/missing-file",
  "not-a-file": "bundle/not-a-file",
  "outside-path": "bundle/outside-path",
  "unlisted-file": "bundle/unlisted-file",
} as const;

/** The error for a file of a bundle that differs from the exported one. */
export function bundleFault({ kind, place, problem, cause }: ManifestFault): DataError {
  return new DataError({
    code: BUNDLE_FAULTS[kind],
    message: `${place} ${problem}`,
    place,
    remedy: "Copy the whole bundle again, or export it again (relata export).",
    cause,
  });
}
