// Writes model-best and model-last: config.json, model.safetensors and all other files needed to load the model.
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DataError } from "../base/errors.ts";
import { type ManifestFault, readManifest, verifyManifest, writeManifest } from "../base/manifest.ts";
import { writeSafetensors } from "../engine/safetensors.ts";
import type { Tensors } from "./checkpoint.ts";
import { replaceFolder } from "./durable-folder.ts";

/** The file of a model folder that holds its weights. */
export const MODEL_WEIGHTS = "model.safetensors";

/** Files that are written into a model folder after its manifest; they have their own checksums. */
const LATER_FILES = [
  "calibration.json",
  "thresholds.json",
  "validation-predictions.json",
  "training-record.json",
  "card.json",
];

/** Files that are needed in addition to the weights to load a model. */
export interface ModelFiles {
  /** Becomes config.json: architecture, label set, tokenizer settings. */
  readonly config: unknown;
  /** Further files by name, such as `tokenizer.json`. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** Entries in the head of the weight file. */
  readonly weightNotes?: Readonly<Record<string, string>>;
}

/** Replaces the folder atomically; the previous model stays until the new one is complete. */
export async function writeModelFolder(folder: string, files: ModelFiles, weights: Tensors): Promise<void> {
  await replaceFolder(folder, async (writing) => {
    await writeFile(join(writing, "config.json"), `${JSON.stringify(files.config, null, 2)}\n`);
    await writeSafetensors(join(writing, MODEL_WEIGHTS), weights, {
      format: "pt", // required by transformers
      ...files.weightNotes,
    });
    for (const [name, content] of Object.entries(files.files ?? {})) {
      await mkdir(dirname(join(writing, name)), { recursive: true });
      await writeFile(join(writing, name), content);
    }
    await writeManifest(writing);
  });
}

/** A model folder after comparison with its manifest. */
export interface VerifiedModel {
  /** The compared files. */
  readonly files: readonly string[];
  /** SHA-256 of the weights. */
  readonly weights: string | undefined;
}

/**
 * Compares a model folder with its manifest; returns undefined if it has none. Files that are written later are checked by their readers.
 *
 * @throws DataError `model/changed`, `model/missing-file`, `model/not-a-file`, `model/unlisted-file`, `model/outside-path`, `model/bad-manifest`
 */
export async function verifyModelFolder(folder: string): Promise<VerifiedModel | undefined> {
  const manifest = await readManifest(folder, modelFault);
  if (manifest === undefined) return undefined;
  const files = await verifyManifest(folder, manifest, modelFault, {
    except: LATER_FILES,
    linksMayLeave: true,
  });
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

/** The error for a changed file of a model. */
function modelFault({ kind, place, problem, cause }: ManifestFault): DataError {
  return new DataError({
    code: MODEL_FAULTS[kind],
    message: `${place} ${problem}`,
    place,
    remedy: "Restore the model's own file (copy the whole folder again), or train again.",
    cause,
  });
}
