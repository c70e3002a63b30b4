// Reads a tokenizer from a folder in the Hugging Face layout: tokenizer.json, or the older vocabulary files.
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { EncoderError } from "../../errors.ts";
import { readBytesIfThere, readJsonIfThere, readTextIfThere } from "../json-file.ts";
import { TextTokenizer } from "./tokenizer.ts";
import { CLIP_MERGES_FILE } from "./tokenizer-files.ts";
import {
  bertDefinition,
  clipDefinition,
  clipDefinitionFromMerges,
  robertaDefinition,
  type TokenizerDefinition,
  type TokenizerSettings,
  tokenContent,
} from "./vocabulary-files.ts";

const unzip = promisify(gunzip);

const READER = "loadTokenizer";
// The published CLIP's merges unpack to a few megabytes.
const MAX_MERGES_BYTES = 200_000_000;
// Settings files write "no limit" as 1e30.
const LARGEST_REAL_LENGTH = 1_000_000;

export interface LoadTokenizerOptions {
  /** Largest number of tokens; by default what tokenizer_config.json or config.json say. */
  readonly maxLength?: number;
  /** Read a text that spells a special token as that token, as the published tokenizers do. Default true. */
  readonly specialTokensInText?: boolean;
}

/**
 * The tokenizer of an encoder's folder.
 *
 * Looks for tokenizer.json, vocab.txt (BERT), vocab.json with merges.txt (RoBERTa, CLIP), bpe_simple_vocab_16e6.txt.gz
 * (CLIP), in this order.
 *
 * @throws EncoderError `encoder/no-tokenizer`, `encoder/unreadable-file`, `encoder/not-json` and the codes of parts
 * that are not supported.
 */
export async function loadTokenizer(
  folder: string,
  options: LoadTokenizerOptions = {},
): Promise<TextTokenizer> {
  const settings: TokenizerSettings =
    (await readJsonIfThere(READER, join(folder, "tokenizer_config.json"))) ?? {};
  const { definition, place } = await readDefinition(folder, settings);
  const special = (await readJsonIfThere(READER, join(folder, "special_tokens_map.json"))) ?? {};
  const padToken = tokenContent(settings.pad_token) ?? tokenContent(special.pad_token);
  const maxLength = options.maxLength ?? (await encoderLength(folder, settings));
  return new TextTokenizer(definition, {
    place,
    ...(padToken === undefined ? {} : { padToken }),
    ...(maxLength === undefined ? {} : { maxLength }),
    specialTokensInText: options.specialTokensInText ?? true,
  });
}

async function readDefinition(
  folder: string,
  settings: TokenizerSettings,
): Promise<{ definition: TokenizerDefinition; place: string }> {
  const whole = join(folder, "tokenizer.json");
  const json = await readJsonIfThere(READER, whole);
  if (json !== undefined) {
    if (typeof json.model !== "object" || json.model === null) {
      throw new EncoderError({
        code: "encoder/bad-tokenizer",
        message: `loadTokenizer: ${whole} has no "model"`,
        place: whole,
        remedy: "Download tokenizer.json again.",
      });
    }
    return { definition: withSettings(json as unknown as TokenizerDefinition, settings), place: whole };
  }
  const vocabText = await readTextIfThere(READER, join(folder, "vocab.txt"));
  if (vocabText !== undefined) {
    return { definition: bertDefinition(vocabText, settings), place: join(folder, "vocab.txt") };
  }
  const vocabulary = (await readJsonIfThere(READER, join(folder, "vocab.json"))) as
    | Record<string, number>
    | undefined;
  const merges = await readTextIfThere(READER, join(folder, "merges.txt"));
  if (vocabulary !== undefined && merges !== undefined) {
    const isClip = "<|startoftext|>" in vocabulary;
    const definition = isClip
      ? clipDefinition(vocabulary, merges)
      : robertaDefinition(vocabulary, merges, settings);
    return { definition, place: join(folder, "vocab.json") };
  }
  const packed = join(folder, CLIP_MERGES_FILE);
  const bytes = await readBytesIfThere(READER, packed);
  if (bytes !== undefined) {
    return { definition: clipDefinitionFromMerges(await unpack(bytes, packed)), place: packed };
  }
  throw new EncoderError({
    code: "encoder/no-tokenizer",
    message: `loadTokenizer: ${folder} has none of tokenizer.json, vocab.txt, vocab.json with merges.txt, ${CLIP_MERGES_FILE}`,
    place: folder,
    remedy:
      "Add the tokenizer's files to the encoder's folder. A sentencepiece.bpe.model has to be saved as tokenizer.json first.",
  });
}

/** BERT's settings file overrides the normalizer's switches, as it does in the published loaders. */
function withSettings(definition: TokenizerDefinition, settings: TokenizerSettings): TokenizerDefinition {
  if (definition.normalizer?.type !== "BertNormalizer") return definition;
  const normalizer: Record<string, unknown> = { ...definition.normalizer };
  if (typeof settings.do_lower_case === "boolean") normalizer.lowercase = settings.do_lower_case;
  if (typeof settings.strip_accents === "boolean") normalizer.strip_accents = settings.strip_accents;
  if (typeof settings.tokenize_chinese_chars === "boolean") {
    normalizer.handle_chinese_chars = settings.tokenize_chinese_chars;
  }
  return { ...definition, normalizer };
}

async function encoderLength(folder: string, settings: TokenizerSettings): Promise<number | undefined> {
  const named = Number(settings.model_max_length ?? Number.POSITIVE_INFINITY);
  if (named > 0 && named < LARGEST_REAL_LENGTH) return named;
  const config = (await readJsonIfThere(READER, join(folder, "config.json"))) ?? {};
  const text = (config.text_config as Record<string, unknown> | undefined) ?? config;
  const positions = Number(text.max_position_embeddings ?? 0);
  if (!(positions > 0)) return undefined;
  // RoBERTa counts positions from the padding id + 1, so two of them are never used.
  const usesOffset = /roberta/i.test(String(config.model_type ?? ""));
  return usesOffset ? positions - Number(config.pad_token_id ?? 1) - 1 : positions;
}

async function unpack(bytes: Buffer, place: string): Promise<string> {
  try {
    return (await unzip(bytes, { maxOutputLength: MAX_MERGES_BYTES })).toString("utf8");
  } catch (cause) {
    throw new EncoderError({
      code: "encoder/unreadable-file",
      message: `loadTokenizer: ${place} cannot be unpacked`,
      place,
      cause,
      remedy: "Download the file again.",
    });
  }
}
