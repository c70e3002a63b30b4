// Which files of an encoder in the Hugging Face layout are needed, and what to say when one is not there.
import { EncoderError } from "../errors.ts";
import { CONFIG_FILE, PREPROCESSOR_FILE, PROCESSOR_FILE } from "./file-names.ts";
import { TOKENIZER_SETTINGS, VOCABULARY_FILES } from "./tokenizing/tokenizer-files.ts";
import { parseWeightIndex, shardNames, WEIGHT_INDEX_FILE } from "./weight-index.ts";
import { WEIGHT_FILE } from "./weight-source.ts";

/** What a caller wants from an encoder, besides its config.json. */
export type EncoderPart = "weights" | "tokenizer" | "preprocessor";

const PREPROCESSORS = [PREPROCESSOR_FILE, PROCESSOR_FILE] as const;

/** The files of one encoder, relative to its folder. */
export interface EncoderFiles {
  readonly config: typeof CONFIG_FILE;
  /** One file, or the shards in the order of their names. */
  readonly weights: readonly string[];
  /** The index that maps parameters to shards. */
  readonly weightIndex: string | undefined;
  readonly tokenizer: readonly string[];
  /** One of the two files that may say how pictures are prepared, or both. */
  readonly preprocessor: readonly string[];
}

/**
 * Chooses the needed files among `available`; shards come from the index that `readIndex` gives.
 *
 * @throws EncoderError `encoder/no-config`, `encoder/no-weights`, `encoder/no-shard`, `encoder/no-tokenizer`, `encoder/no-preprocessor`,
 * `encoder/bad-weight-index`, `encoder/bad-file-name`.
 */
export async function chooseFiles(
  available: ReadonlySet<string>,
  parts: readonly EncoderPart[],
  place: string,
  readIndex: () => Promise<string>,
): Promise<EncoderFiles> {
  if (!available.has(CONFIG_FILE)) throw missing("config", place, [CONFIG_FILE], available);
  const wants = (part: EncoderPart): boolean => parts.includes(part);
  const index =
    wants("weights") && !available.has(WEIGHT_FILE) && available.has(WEIGHT_INDEX_FILE)
      ? WEIGHT_INDEX_FILE
      : undefined;
  let weights: readonly string[] = [];
  if (index !== undefined) weights = shardsOf(await readIndex(), place, available);
  else if (wants("weights")) {
    if (!available.has(WEIGHT_FILE))
      throw missing("weights", place, [WEIGHT_FILE, WEIGHT_INDEX_FILE], available);
    weights = [WEIGHT_FILE];
  }
  const preprocessor = wants("preprocessor") ? PREPROCESSORS.filter((file) => available.has(file)) : [];
  if (wants("preprocessor") && preprocessor.length === 0) {
    throw missing("preprocessor", place, PREPROCESSORS, available);
  }
  return {
    config: CONFIG_FILE,
    weights,
    weightIndex: index,
    tokenizer: wants("tokenizer") ? tokenizerFiles(available, place) : [],
    preprocessor,
  };
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

function shardsOf(indexText: string, place: string, available: ReadonlySet<string>): string[] {
  const shards = shardNames(parseWeightIndex(indexText, place));
  const absent = shards.filter((shard) => !available.has(shard));
  if (absent.length > 0) throw missing("shard", place, absent, available);
  return shards;
}

const REMEDIES = {
  config: "Pass the folder that holds config.json, or a hub id owner/name.",
  weights:
    "Get the model as safetensors; pickled files (.bin, .pt) are never read, because they can run code.",
  shard: "Get all the files that the weight index names.",
  tokenizer: "Add the tokenizer's files to the folder.",
  preprocessor: `Add the model's ${PREPROCESSOR_FILE} to the folder, or its ${PROCESSOR_FILE}.`,
} as const;

const MAX_NAMED_FILES = 12;

function missing(
  what: keyof typeof REMEDIES,
  place: string,
  sought: readonly string[],
  available: ReadonlySet<string>,
): EncoderError {
  const names = [...available].sort();
  const listed = names.slice(0, MAX_NAMED_FILES).join(", ") || "nothing";
  const more = names.length > MAX_NAMED_FILES ? ` and ${names.length - MAX_NAMED_FILES} more` : "";
  return new EncoderError({
    code: `encoder/no-${what}`,
    message: `resolveEncoder: ${place} has none of ${sought.join(", ")}; it has ${listed}${more}`,
    place,
    value: sought,
    remedy: REMEDIES[what],
  });
}
