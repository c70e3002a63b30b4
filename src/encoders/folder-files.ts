// Chooses the files that an encoder in the Hugging Face layout needs, and reports missing ones.

import type { ErrorCode } from "../base/codes/error-code.ts";
import { EncoderError } from "../base/errors.ts";
import { someOf } from "../base/some-of.ts";
import { CONFIG_FILE, PREPROCESSOR_FILE, PROCESSOR_FILE } from "./file-names.ts";
import { type JsonFile, readJsonFile } from "./json-file.ts";
import { SAVE_AS_JSON_REMEDY, TOKENIZER_SETTINGS, VOCABULARY_FILES } from "./tokenizing/tokenizer-files.ts";
import { ADAPTER_REMEDY, chooseWeights } from "./weight-files.ts";
import { neededIndex, readWeightIndex, shardNames } from "./weight-index.ts";

/** The parts of an encoder that a caller needs, in addition to its config.json. */
export type EncoderPart = "weights" | "tokenizer" | "preprocessor";

/**
 * The weights that the model of a config.json at `place` needs, by their names in the graph; `names` are
 * the names in an index.
 */
export type NeededWeights = (config: JsonFile, place: string, names: readonly string[]) => readonly string[];

/** What a caller needs of an encoder's files. */
export interface FileWishes {
  /** The parts that must exist, or are downloaded from a hub, in addition to config.json. */
  readonly parts: readonly EncoderPart[];
  /** Only the shards that hold these weights must exist; by default all shards in the index. */
  readonly neededWeights?: NeededWeights | undefined;
  /** Refuses a config.json by an error, before anything large is downloaded. */
  readonly checkConfig?: ((config: JsonFile, place: string) => unknown) | undefined;
}

const PREPROCESSORS = [PREPROCESSOR_FILE, PROCESSOR_FILE] as const;

/** The files of one encoder, relative to its folder. */
export interface EncoderFiles {
  readonly config: typeof CONFIG_FILE;
  /** One file, or the shards in the order of their names. */
  readonly weights: readonly string[];
  /** The index that maps parameters to shards. */
  readonly weightIndex: string | undefined;
  readonly tokenizer: readonly string[];
  /** One or both of the files that can describe picture preprocessing. */
  readonly preprocessor: readonly string[];
}

/**
 * Chooses the needed files among `available`; shards come from the index. `fetchFile` returns the path of a
 * file, after downloading it from a hub if needed.
 *
 * @throws EncoderError `encoder/no-config`, `encoder/no-shard`, `encoder/no-tokenizer`, `encoder/no-preprocessor`, and the codes of
 * `chooseWeights` and `readWeightIndex`
 */
export async function chooseFiles(
  available: ReadonlySet<string>,
  wishes: FileWishes,
  place: string,
  fetchFile: (name: string) => Promise<string>,
): Promise<EncoderFiles> {
  if (!available.has(CONFIG_FILE)) throw missing("config", place, [CONFIG_FILE], available);
  const wants = (part: EncoderPart): boolean => wishes.parts.includes(part);
  const choice = wants("weights") ? chooseWeights(available, place) : undefined;
  const preprocessor = wants("preprocessor") ? PREPROCESSORS.filter((file) => available.has(file)) : [];
  if (wants("preprocessor") && preprocessor.length === 0) {
    throw missing("preprocessor", place, PREPROCESSORS, available);
  }
  const tokenizer = wants("tokenizer") ? tokenizerFiles(available, place) : [];
  let weights: readonly string[] = [];
  if (choice?.kind === "file") weights = [choice.name];
  if (choice?.kind === "index") weights = await neededShards(choice.name, wishes, fetchFile);
  const absent = weights.filter((file) => !available.has(file));
  if (absent.length > 0) throw missing("shard", place, absent, available);
  return {
    config: CONFIG_FILE,
    weights,
    weightIndex: choice?.kind === "index" ? choice.name : undefined,
    tokenizer,
    preprocessor,
  };
}

async function neededShards(
  indexFile: string,
  { neededWeights }: FileWishes,
  fetchFile: (name: string) => Promise<string>,
): Promise<readonly string[]> {
  const index = await readWeightIndex(await fetchFile(indexFile));
  if (neededWeights === undefined) return shardNames(index);
  const configPath = await fetchFile(CONFIG_FILE);
  const config = await readJsonFile(configPath);
  return shardNames(neededIndex(index, neededWeights(config, configPath, [...index.keys()])));
}

function tokenizerFiles(available: ReadonlySet<string>, place: string): string[] {
  const found = VOCABULARY_FILES.find((files) => files.every((file) => available.has(file)));
  if (found === undefined) {
    throw missing(
      "tokenizer",
      place,
      VOCABULARY_FILES.map((files) => files.join(" with ")),
      available,
    );
  }
  return [...found, ...TOKENIZER_SETTINGS.filter((file) => available.has(file))];
}

const REMEDIES = {
  config: "Pass the folder that holds config.json, or a hub id owner/name.",
  shard: "Add the missing weight files listed in the weight index.",
  tokenizer: `Add the tokenizer's files to the folder. ${SAVE_AS_JSON_REMEDY}`,
  preprocessor: `Add the model's ${PREPROCESSOR_FILE} to the folder, or its ${PROCESSOR_FILE}.`,
} as const;

/** Files that identify other kinds of folders, with the remedy for a missing config.json. */
const OTHER_LAYOUTS: readonly (readonly [file: string, remedy: string])[] = [
  ["adapter_config.json", ADAPTER_REMEDY],
  [
    "modules.json",
    "This is a sentence-transformers model whose encoder is in a subfolder, usually 0_Transformer: pass the path of that subfolder.",
  ],
  [
    "model_index.json",
    "This is a pipeline of several models: pass the path of the subfolder of the model you want.",
  ],
  ["open_clip_config.json", "This is an open_clip model: download or save it in the transformers layout."],
];

const MISSING = {
  config: "encoder/no-config",
  shard: "encoder/no-shard",
  tokenizer: "encoder/no-tokenizer",
  preprocessor: "encoder/no-preprocessor",
} as const satisfies Record<keyof typeof REMEDIES, ErrorCode>;

const MAX_NAMED_FILES = 12;

function missing(
  what: keyof typeof REMEDIES,
  place: string,
  sought: readonly string[],
  available: ReadonlySet<string>,
): EncoderError {
  const names = [...available].sort();
  const listed = someOf(names, MAX_NAMED_FILES) || "no file";
  return new EncoderError({
    code: MISSING[what],
    message: `${place} contains none of ${sought.join(", ")}; it contains ${listed}`,
    place,
    value: sought,
    remedy:
      (what === "config" ? OTHER_LAYOUTS.find(([file]) => available.has(file))?.[1] : undefined) ??
      REMEDIES[what],
  });
}
