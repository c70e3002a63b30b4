// Writes model-best and model-last: config.json, model.safetensors and whatever else is needed to load the model.
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DataError } from "../base/errors.ts";
import { type ManifestFault, readManifest, verifyManifest, writeManifest } from "../base/manifest.ts";
import { writeSafetensors } from "../engine/safetensors.ts";
import type { Tensors } from "./checkpoint.ts";
import { replaceFolder } from "./durable-folder.ts";

const MODEL_WEIGHTS = "model.safetensors";

/** What makes weights a model that can be loaded. */
export interface ModelFiles {
  /** Becomes config.json: architecture, label set, tokenizer settings. */
  readonly config: unknown;
  /** Further files by their name in the folder, such as `tokenizer.json`. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
}

/** Replaces the folder in one move; the previous model stays until the new one is complete. */
export async function writeModelFolder(folder: string, files: ModelFiles, weights: Tensors): Promise<void> {
  await replaceFolder(folder, async (writing) => {
    await writeFile(join(writing, "config.json"), `${JSON.stringify(files.config, null, 2)}\n`);
    await writeSafetensors(join(writing, MODEL_WEIGHTS), weights, { format: "pt" }); // transformers insists on it
    for (const [name, content] of Object.entries(files.files ?? {})) {
      await mkdir(dirname(join(writing, name)), { recursive: true });
      await writeFile(join(writing, name), content);
    }
    await writeManifest(writing);
  });
}

/** A model folder whose files were compared with its manifest. */
export interface VerifiedModel {
  /** The files that were compared. */
  readonly files: readonly string[];
  /** SHA-256 of the weights. */
  readonly weights: string | undefined;
}

/**
 * Compares a model folder with the manifest that it was written with; undefined where it has none.
 *
 * @param later files that are written after the model, and checked in another way
 * @throws DataError `model/changed`, `model/missing-file`, `model/not-a-file`, `model/unlisted-file`, `model/outside-path`, `model/bad-manifest`
 */
export async function verifyModelFolder(
  folder: string,
  later: readonly string[] = [],
): Promise<VerifiedModel | undefined> {
  const manifest = await readManifest(folder, modelFault);
  if (manifest === undefined) return undefined;
  const files = await verifyManifest(folder, manifest, modelFault, { except: later, linksMayLeave: true });
  return { files, weights: manifest.get(MODEL_WEIGHTS)?.sha256 };
}

const MODEL_FAULTS = {
  "bad-manifest": "model/bad-manifest",
  changed: "model/changed",
  "missing-file": "model/missing-file",
  "not-a-file": "model/not-a-file",
  "outside-path": "model/outside-path",
  "unlisted-file": "model/unlisted-file",
} as const;

/** The error for a file of a model that is not what it was. */
function modelFault({ kind, place, problem, cause }: ManifestFault): DataError {
  return new DataError({
    code: MODEL_FAULTS[kind],
    message: `${place} ${problem}`,
    place,
    remedy: "Restore the model's own file (copy the whole folder again), or train again.",
    cause,
  });
}
