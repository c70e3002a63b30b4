// Copies the frozen networks of a visual channel into a bundle, so that the bundle can be moved and needs nothing else.
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

/** The folder of a bundle that holds them, beside the models. */
const ENCODERS = "encoders";
/** Digits of a fingerprint that name a copy. */
const NAME_DIGITS = 16;

/** What `loadTokenizer` reads: config.json limits the length. */
const TOKENIZER_FOLDER: ReadonlySet<string> = new Set([CONFIG_FILE, ...TOKENIZER_FILES]);

/** Copies a file; file systems that can share blocks do not copy its bytes. The copy may be written to, whatever the original's mode. */
export async function copy(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_FICLONE);
  await chmod(to, 0o644);
}

/**
 * Copies what a saved visual channel needs into `bundle` and gives the record with places relative to a model folder in it. A network that
 * two models share is copied once. Precomputed features stay where they are: they are of no use to a new post.
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
    // A user's extension is code, which a bundle does not hold: whoever loads the bundle brings it.
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

/** Copies one network; its place relative to a model folder of the bundle. */
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
    // All files that the fingerprint covers: shards that are there without need belong to them.
    for (const file of [config, ...(await weightFiles(folder)), ...tokenizer, ...preprocessor]) {
      await copy(join(folder, file), join(target, file));
    }
  }
  return relative;
}

/** The fields of a description that name files, relative to it; `tokenizer` is a folder that grounding detectors have. */
interface DescribedFiles {
  readonly model: string;
  readonly layout?: string;
  readonly tokenizer?: string;
}

/** An ONNX file keeps its name, and the files of weights that it names keep their places relative to it. */
async function copyDescribed(place: string, target: string): Promise<void> {
  const description = JSON.parse(await readWholeText(place)) as DescribedFiles; // was read when the model was trained
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
