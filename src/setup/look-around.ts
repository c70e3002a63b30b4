// Looks into a folder for what a training run needs: data files by their split, text encoders, picture encoders, a folder of pictures.
import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { isFields } from "../base/fields.ts";
import { readJsonFile } from "../encoders/json-file.ts";

/** The part of the data that a file is for, told from its name. */
export type SplitName = "train" | "validation" | "test";

export interface FoundFile {
  /** Relative to the folder. */
  readonly path: string;
  /** Undefined if the name does not say. */
  readonly split: SplitName | undefined;
}

export interface FoundEncoder {
  /** Relative to the folder, with a leading "./". */
  readonly path: string;
  /** `model_type` of its config.json. */
  readonly modelType: string;
}

/** Everything that was found: the shortest names first, so that `train.jsonl` comes before `train-old.jsonl`. */
export interface Surroundings {
  readonly files: readonly FoundFile[];
  readonly encoders: readonly FoundEncoder[];
  /** Folders with picture files, the fullest first. */
  readonly pictureFolders: readonly string[];
}

/** Folders that never hold a user's data or encoders. */
const SKIPPED = new Set(["node_modules", "runs", "dist", "models"]);
const DATA_NAMES = new Set([".jsonl", ".json", ".txt", ".conll", ".conllu", ".csv", ".tsv", ".parquet"]);
const PICTURE_NAMES = new Set([".jpg", ".jpeg", ".png", ".webp", ".gif", ".tif", ".tiff", ".avif"]);
/** Files of projects and encoders: they hold no documents. */
const OTHER_NAMES =
  /^(package(-lock)?|tsconfig|relata\.config|config|tokenizer|vocab|rel2id|special_tokens_map|requirements|readme|license|captions|plan|found|predictions)\b/i;
const SPLIT_NAMES: readonly (readonly [SplitName, RegExp])[] = [
  ["train", /(^|[^a-z])train(ing)?([^a-z]|$)/i],
  ["validation", /(^|[^a-z])(val(id(ation)?)?|dev(elopment)?)([^a-z]|$)/i],
  ["test", /(^|[^a-z])test(ing)?([^a-z]|$)/i],
];
const DEPTH = 2;

/** Looks into a folder and the folders in it, two levels deep. Nothing is opened except each config.json. */
export async function lookAround(folder: string): Promise<Surroundings> {
  const files: FoundFile[] = [];
  const encoders: FoundEncoder[] = [];
  const pictures = new Map<string, number>();
  await visit("", 0);
  files.sort((a, b) => a.path.length - b.path.length);
  return {
    files,
    encoders,
    pictureFolders: [...pictures].sort(([, a], [, b]) => b - a).map(([path]) => path),
  };

  async function visit(path: string, depth: number): Promise<void> {
    const entries = await readdir(join(folder, path), { withFileTypes: true });
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    const modelType = entries.some(({ name }) => name === "config.json")
      ? await modelTypeOf(join(folder, path, "config.json"))
      : undefined;
    if (modelType !== undefined) {
      encoders.push({ path: `./${path}`, modelType });
      return; // its other files hold no documents
    }
    for (const entry of entries) {
      const inner = path === "" ? entry.name : `${path}/${entry.name}`;
      if (entry.name.startsWith(".")) continue;
      const extension = extname(entry.name).toLowerCase();
      if (await isFolder(join(folder, inner), entry)) {
        if (depth < DEPTH && !SKIPPED.has(entry.name)) await visit(inner, depth + 1);
      } else if (PICTURE_NAMES.has(extension)) pictures.set(path, (pictures.get(path) ?? 0) + 1);
      else if (DATA_NAMES.has(extension) && !OTHER_NAMES.test(entry.name)) {
        files.push({ path: inner, split: splitOf(entry.name) });
      }
    }
  }
}

/** Whether an entry is a folder or a link to one. */
async function isFolder(path: string, entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return stat(path).then(
    (target) => target.isDirectory(),
    () => false, // a link to nothing
  );
}

/** The split that a file's name tells, if it tells exactly one. */
export function splitOf(name: string): SplitName | undefined {
  const told = SPLIT_NAMES.filter(([, pattern]) => pattern.test(name));
  return told.length === 1 ? told[0]?.[0] : undefined;
}

async function modelTypeOf(path: string): Promise<string | undefined> {
  try {
    const value = await readJsonFile(path);
    return isFields(value) && typeof value.model_type === "string" ? value.model_type : undefined;
  } catch {
    return undefined; // some other program's config.json
  }
}
