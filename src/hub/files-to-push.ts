// Chooses the files of a bundle or model that belong into a repository: those that its manifest lists, and its card.

import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { DataError } from "../base/errors.ts";
import { MANIFEST_FILE, readManifest } from "../base/manifest.ts";
import { readBundle } from "../extract/bundle.ts";
import { CARD_FILE, CARD_TEXT } from "../extract/card/card-files.ts";
import { LATER_FILES, requireContained, verifyBundle } from "../extract/verify-bundle.ts";
import { CALIBRATION_FILE } from "../extractors/shared/calibration-file.ts";
import { THRESHOLDS_FILE } from "../extractors/shared/thresholds-file.ts";
import { TRAINING_RECORD } from "../extractors/shared/training-record.ts";
import { PREDICTIONS_FILE } from "../extractors/shared/validation-predictions.ts";
import { bundleFault, verifyModel } from "../extractors/shared/verify-model.ts";

/** A file of a repository. */
export interface RepositoryFile {
  /** Relative, with "/" between its parts. */
  readonly path: string;
  readonly bytes: number;
}

/** Files that a manifest does not list, because they are written after it. */
const UNLISTED: ReadonlySet<string> = new Set([
  MANIFEST_FILE,
  CARD_FILE,
  CARD_TEXT,
  ...LATER_FILES,
  CALIBRATION_FILE,
  THRESHOLDS_FILE,
  PREDICTIONS_FILE,
  TRAINING_RECORD,
]);
const TERMS = /^(LICEN[CS]E|NOTICE)(\.(md|txt))?$/;

/** Whether a file of a repository belongs to a bundle or model with these listed files. */
export function belongs(path: string, listed: ReadonlySet<string>): boolean {
  return listed.has(path) || UNLISTED.has(path) || TERMS.test(path);
}

/**
 * Compares the folder with its manifest, and returns what to push, by path.
 *
 * @throws DataError `hub/not-a-model`, `data/not-a-model`, `data/bad-bundle`, and the codes of `load` for files that have changed
 */
export async function filesToPush(folder: string): Promise<readonly RepositoryFile[]> {
  const bundle = await readBundle(folder);
  const manifest = await readManifest(folder, bundleFault);
  if (manifest === undefined) {
    throw new DataError({
      code: "hub/not-a-model",
      message: `${folder} has no ${MANIFEST_FILE}: it is not a bundle or model, or was written by an earlier version`,
      place: folder,
      remedy:
        "Name a bundle of relata export or the model-best folder of a run; export an older bundle again.",
    });
  }
  if (bundle === undefined) await verifyModel(folder, {});
  else {
    await requireContained(folder, bundle);
    await verifyBundle(folder, bundle, {});
  }
  const listed = new Set(manifest.keys());
  const paths = (await pathsBelow(folder)).filter((path) => belongs(path, listed)).sort();
  return Promise.all(paths.map(async (path) => ({ path, bytes: (await stat(join(folder, path))).size })));
}

async function pathsBelow(folder: string, prefix = ""): Promise<string[]> {
  const paths: string[] = [];
  for (const entry of await readdir(join(folder, prefix), { withFileTypes: true })) {
    if (entry.isDirectory()) paths.push(...(await pathsBelow(folder, `${prefix}${entry.name}/`)));
    else paths.push(`${prefix}${entry.name}`);
  }
  return paths;
}
