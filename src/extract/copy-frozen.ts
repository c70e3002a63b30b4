// Copies the frozen networks of a visual channel into a bundle, so that the bundle can be moved on its own.
import { constants, existsSync } from "node:fs";
import { chmod, copyFile, mkdir, readdir, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { readWholeText } from "../base/whole-file.ts";
import { CONFIG_FILE } from "../encoders/file-names.ts";
import { resolveEncoder } from "../encoders/folder.ts";
import type { EncoderPart } from "../encoders/folder-files.ts";
import { neededByPictures, neededByTextWith } from "../encoders/needed-weights.ts";
import { externalWeights } from "../encoders/onnx-external.ts";
import { modelOfDescription } from "../encoders/onnx-file.ts";
import { TOKENIZER_FILES } from "../encoders/tokenizing/tokenizer-files.ts";
import { weightFiles } from "../encoders/weight-source.ts";
import { Extensions } from "../extensions/extension.ts";
import type { SavedVisual } from "../visual/saved-visual.ts";

/** The bundle folder for frozen networks, next to the models. */
const ENCODERS = "encoders";
/** Digits of the fingerprint used to name a copy. */
const NAME_DIGITS = 16;

/** What `loadTokenizer` reads: config.json limits the length. */
const TOKENIZER_FOLDER: ReadonlySet<string> = new Set([CONFIG_FILE, ...TOKENIZER_FILES]);

/** Copies a file, sharing blocks where the file system can. The copy is writable, whatever the original's mode. */
export async function copy(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_FICLONE);
  await chmod(to, 0o644);
}

/**
 * Copies what a saved visual channel needs into `bundle` and returns the record with paths relative to a model folder in it. A network that
 * two models share is copied once. Precomputed features are not copied: they are useless for a new post.
 *
 * @throws EncoderError the codes of `resolveEncoder` and `externalWeights`, `encoder/no-model-file`
 */
export async function copyVisual(
  saved: SavedVisual | null,
  bundle: string,
  extensions: Extensions = Extensions.NONE,
): Promise<SavedVisual | null> {
  if (saved === null || saved.kind === "features") return saved;
  const parts: readonly EncoderPart[] =
    saved.kind === "captions" ? ["weights", "tokenizer"] : ["weights", "preprocessor"];
  const { detector } = saved;
  return {
    ...saved,
    // A user's extension is code, which a bundle does not contain: whoever loads the bundle provides it.
    encoder: saved.extension
      ? saved.encoder
      : await copyFrozen(saved.encoder, saved.fingerprint, parts, bundle, extensions),
    ...(detector
      ? {
          detector: {
            ...detector,
            place: await copyFrozen(detector.place, detector.fingerprint, parts, bundle, extensions),
          },
        }
      : {}),
    relativeTo: "model",
  };
}

/** Copies one network and returns its path relative to a model folder of the bundle. */
async function copyFrozen(
  place: string,
  fingerprint: string,
  parts: readonly EncoderPart[],
  bundle: string,
  extensions: Extensions,
): Promise<string> {
  const name = fingerprint.slice(0, NAME_DIGITS);
  const target = join(bundle, ENCODERS, name);
  const isDescription = place.endsWith(".json");
  const relative = ["..", ENCODERS, name, ...(isDescription ? [basename(place)] : [])].join("/");
  if (existsSync(target)) return relative;
  await mkdir(target, { recursive: true });
  if (isDescription) await copyDescribed(place, target);
  else {
    const neededWeights = parts.includes("preprocessor") ? neededByPictures : neededByTextWith(extensions);
    const { folder, files } = await resolveEncoder(place, { parts, neededWeights });
    const { config, tokenizer, preprocessor } = files;
    // Copies all files that the fingerprint covers, including shards that are not needed.
    for (const file of [config, ...(await weightFiles(folder)), ...tokenizer, ...preprocessor]) {
      await copy(join(folder, file), join(target, file));
    }
  }
  return relative;
}

/** Fields of a description that name files, relative to it; `tokenizer` is a folder that grounding detectors have. */
interface DescribedFiles {
  readonly model: string;
  readonly layout?: string;
  readonly tokenizer?: string;
}

/** Copies an ONNX file under its own name; the weight files it names keep their relative paths. */
async function copyDescribed(place: string, target: string): Promise<void> {
  const description = JSON.parse(await readWholeText(place)) as DescribedFiles; // it was read when the model was trained
  const model = modelOfDescription(place, description.model);
  await copy(model, join(target, basename(model)));
  for (const { location, path } of await externalWeights(model)) {
    await mkdir(dirname(join(target, location)), { recursive: true });
    await copy(path, join(target, location));
  }
  const { layout, tokenizer } = description;
  const hasTokenizer = tokenizer !== undefined || layout === "owl-vit";
  if (hasTokenizer) await copyTokenizer(resolve(dirname(place), tokenizer ?? "."), target);
  const moved = { ...description, model: basename(model), ...(hasTokenizer ? { tokenizer: "." } : {}) };
  await writeFile(join(target, basename(place)), `${JSON.stringify(moved, undefined, 2)}\n`);
}

async function copyTokenizer(folder: string, target: string): Promise<void> {
  const names = await readdir(folder);
  for (const file of names.filter((name) => TOKENIZER_FOLDER.has(name))) {
    await copy(join(folder, file), join(target, file));
  }
}
