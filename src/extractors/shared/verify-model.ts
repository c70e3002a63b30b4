// Compares a model folder with its record before loading: a separate model, or a part of a bundle.
import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { DataError } from "../../base/errors.ts";
import { type FileWatch, watchFiles } from "../../base/file-stamp.ts";
import { type Manifest, type ManifestFault, readManifest, verifyManifest } from "../../base/manifest.ts";
import { WEIGHT_FILE } from "../../encoders/weight-source.ts";
import { verifyModelFolder } from "../../training/model-folder.ts";
import { CALIBRATION_FILE } from "./calibration-file.ts";
import { verifySealed, weightsSum } from "./sealed-file.ts";
import { THRESHOLDS_FILE } from "./thresholds-file.ts";
import { TRAINING_RECORD } from "./training-record.ts";
import { PREDICTIONS_FILE } from "./validation-predictions.ts";

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
 * @param overwritten files that are about to be replaced; they are not checked
 * @returns what to check when the model is loaded
 * @throws DataError `model/changed`, `model/missing-file`, `model/not-a-file`, `model/unlisted-file`, `model/outside-path`, `model/bad-manifest`, and
 * the same with `bundle/` for a part of a bundle
 */
export async function verifyModel(
  folder: string,
  { verify = true, onNotice }: VerifyOptions,
  overwritten: readonly string[] = [],
): Promise<Verified> {
  if (!verify) {
    onNotice?.(notVerified(folder));
    return UNWATCHED;
  }
  const all = Object.keys(SEALED_FILES);
  const sealed = all.filter((name) => !overwritten.includes(name));
  const verified = await verifyModelFolder(folder);
  if (verified !== undefined) {
    await verifySealedFiles(folder, sealed, verified.weights);
    return watchFiles([...verified.files, ...sealed.map((name) => join(folder, name))]);
  }
  const bundle = dirname(resolve(folder));
  const part = basename(resolve(folder));
  const manifest = await readManifest(bundle, bundleFault);
  if (manifest?.has(`${part}/config.json`)) {
    const scopes = [`${part}/`, "encoders/"];
    const except = [`${part}/${THRESHOLDS_FILE}`];
    const files = await verifyManifest(bundle, manifest, bundleFault, { scopes, except });
    if (overwritten.includes(THRESHOLDS_FILE)) return watchFiles(files);
    return watchFiles([...files, await verifyPartThresholds(bundle, part, manifest)]);
  }
  if (sealed.some((name) => existsSync(join(folder, name)))) {
    const weights = join(folder, WEIGHT_FILE);
    await verifySealedFiles(
      folder,
      sealed,
      existsSync(weights) ? await weightsSum(weights) : undefined,
      true,
    );
  }
  if (!existsSync(join(folder, "config.json"))) return UNWATCHED; // its reader says what is wrong
  onNotice?.(`${folder} was written by an earlier version and has no manifest: its files were not checked`);
  return UNWATCHED;
}

/** The notice about a model or bundle that was not checked. */
export function notVerified(folder: string): string {
  return `as requested, the files of ${folder} were not checked against their recorded SHA-256`;
}

/** Files that are written after the manifest, each with its own checksum; the value says what to do about a changed one. */
const SEALED_FILES = {
  [CALIBRATION_FILE]:
    "Restore the model's own calibration, or remove the file; probabilities are then not calibrated.",
  [THRESHOLDS_FILE]:
    "Fit the thresholds again (relata thresholds), or remove the file; everything found is then reported.",
  [PREDICTIONS_FILE]:
    "Restore the model's own validation predictions, or remove the file; thresholds can then not be fitted.",
  [TRAINING_RECORD]:
    "Restore the model's own record, or remove the file; nothing can then tell whether documents were trained on.",
};

async function verifySealedFiles(
  folder: string,
  names: readonly string[],
  weights: string | undefined,
  mayBeOld = false,
): Promise<void> {
  for (const name of names) {
    await verifySealed(join(folder, name), {
      weights,
      mayBeOld: mayBeOld && name === CALIBRATION_FILE,
      remedy: SEALED_FILES[name as keyof typeof SEALED_FILES],
    });
  }
}

/** Checks the thresholds of a part of a bundle. @throws DataError `model/changed` */
export async function verifyPartThresholds(
  bundle: string,
  part: string,
  manifest: Manifest,
): Promise<string> {
  const place = join(bundle, part, THRESHOLDS_FILE);
  const weights = manifest.get(`${part}/${WEIGHT_FILE}`)?.sha256;
  await verifySealed(place, { weights, remedy: SEALED_FILES[THRESHOLDS_FILE] });
  return place;
}

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
