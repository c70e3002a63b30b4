// Reads a tokenizer from a folder in the Hugging Face layout: tokenizer.json, or the older vocabulary files.
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { EncoderError } from "../../base/errors.ts";
import { withoutNulls } from "../../base/json.ts";
import { withModelType } from "../config-json.ts";
import { readBytesIfThere, readJsonIfThere, readTextIfThere } from "../json-file.ts";
import { badTokenizer } from "./bad-tokenizer.ts";
import { checkDefinition } from "./check-definition.ts";
import { debertaDefinition, xlmRobertaDefinition } from "./sentence-piece.ts";
import { TextTokenizer, type TokenizerOptions } from "./tokenizer.ts";
import {
  CLIP_MERGES_FILE,
  DEBERTA_PIECES_FILE,
  SAVE_AS_JSON_REMEDY,
  VOCABULARY_FILES,
  XLM_R_PIECES_FILE,
} from "./tokenizer-files.ts";
import { readSettings, withAddedTokens } from "./tokenizer-settings.ts";
import {
  bertDefinition,
  clipDefinition,
  clipDefinitionFromMerges,
  robertaDefinition,
  type TokenizerDefinition,
  type TokenizerSettings,
  tokenContent,
} from "./vocabulary-files.ts";
import { assumedCase, codeNotRun, requireWordPiece } from "./vocabulary-kind.ts";

const unzip = promisify(gunzip);

// CLIP's published merges decompress to a few megabytes.
const MAX_MERGES_BYTES = 200_000_000;
// Settings files write "no limit" as 1e30.
const LARGEST_REAL_LENGTH = 1_000_000;

/** Options for loading a tokenizer. */
export interface LoadTokenizerOptions {
  /** Maximum number of tokens; default from tokenizer_config.json or config.json. */
  readonly maxLength?: number | undefined;
  /**
   * Whether a special token spelled out in a text becomes that token, as in the published tokenizers.
   * Default true.
   */
  readonly specialTokensInText?: boolean | undefined;
}

/**
 * Loads the tokenizer of an encoder's folder.
 *
 * Looks for tokenizer.json, vocab.txt (BERT), vocab.json with merges.txt (RoBERTa, CLIP), bpe_simple_vocab_16e6.txt.gz
 * (CLIP), spm.model (DeBERTa-v3), sentencepiece.bpe.model (XLM-R), in this order.
 *
 * @throws EncoderError `encoder/no-tokenizer`, `encoder/unreadable-file`, `encoder/not-json` and the codes
 * of unsupported parts.
 */
export async function loadTokenizer(
  folder: string,
  options: LoadTokenizerOptions = {},
): Promise<TextTokenizer> {
  const { definition, options: settings } = await readTokenizer(folder, options);
  return new TextTokenizer(definition, settings);
}

/** What a tokenizer is made of, whatever files it came from. */
export interface TokenizerParts {
  readonly definition: TokenizerDefinition;
  readonly options: TokenizerOptions;
}

/** Reads what `loadTokenizer` makes the tokenizer from. @throws the errors of `loadTokenizer` */
export async function readTokenizer(
  folder: string,
  options: LoadTokenizerOptions = {},
): Promise<TokenizerParts> {
  const settings = await readSettings(folder);
  const { definition: given, place, assumed } = await readDefinition(folder, settings.config);
  const checked = checkDefinition(given, place);
  const definition = withAddedTokens(checked, settings, place);
  const padToken = tokenContent(settings.config.pad_token) ?? checked.padding?.pad_token;
  const maxLength = options.maxLength ?? (await encoderLength(folder, settings.config));
  return {
    definition,
    options: {
      place,
      ...(padToken === undefined ? {} : { padToken }),
      ...(maxLength === undefined ? {} : { maxLength }),
      specialTokensInText: options.specialTokensInText ?? true,
      tokensOfTexts: settings.named.map(({ content }) => content),
      assumed: [...assumed, ...codeNotRun(settings.config, place)],
    },
  };
}

interface FoundDefinition {
  readonly definition: TokenizerDefinition;
  readonly place: string;
  /** Assumptions about missing settings, one sentence each. */
  readonly assumed: readonly string[];
}

async function readDefinition(folder: string, settings: TokenizerSettings): Promise<FoundDefinition> {
  const whole = join(folder, "tokenizer.json");
  const json = await readJsonIfThere(whole);
  if (json !== undefined) {
    return {
      definition: withSettings(json as unknown as TokenizerDefinition, settings),
      place: whole,
      assumed: [],
    };
  }
  const vocabText = await readTextIfThere(join(folder, "vocab.txt"));
  if (vocabText !== undefined) {
    const place = join(folder, "vocab.txt");
    requireWordPiece(vocabText, settings, place);
    return {
      definition: withBothEnds(bertDefinition(vocabText, settings), place),
      place,
      assumed: assumedCase(vocabText, settings),
    };
  }
  const vocabulary = (await readJsonIfThere(join(folder, "vocab.json"))) as
    | Record<string, number> // ensured by checkDefinition
    | undefined;
  const merges = await readTextIfThere(join(folder, "merges.txt"));
  if (vocabulary !== undefined && merges !== undefined) {
    const isClip = Object.hasOwn(vocabulary, "<|startoftext|>");
    const definition = isClip
      ? clipDefinition(vocabulary, merges)
      : robertaDefinition(vocabulary, merges, settings);
    const place = join(folder, "vocab.json");
    return { definition: withBothEnds(definition, place), place, assumed: [] };
  }
  const packed = join(folder, CLIP_MERGES_FILE);
  const bytes = await readBytesIfThere(packed);
  if (bytes !== undefined) {
    return { definition: clipDefinitionFromMerges(await unpack(bytes, packed)), place: packed, assumed: [] };
  }
  const pieces = await sentencePieceDefinition(folder, settings);
  if (pieces !== undefined) return pieces;
  const sought = VOCABULARY_FILES.map((files) => files.join(" with ")).join(", ");
  throw new EncoderError({
    code: "encoder/no-tokenizer",
    message: `${folder} has none of ${sought}`,
    place: folder,
    remedy: `Add the tokenizer's files to the encoder's folder. ${SAVE_AS_JSON_REMEDY}`,
  });
}

async function sentencePieceDefinition(
  folder: string,
  settings: TokenizerSettings,
): Promise<FoundDefinition | undefined> {
  const deberta = join(folder, DEBERTA_PIECES_FILE);
  const debertaBytes = await readBytesIfThere(deberta);
  if (debertaBytes !== undefined)
    return { definition: debertaDefinition(debertaBytes, settings, deberta), place: deberta, assumed: [] };
  const xlmR = join(folder, XLM_R_PIECES_FILE);
  const xlmRBytes = await readBytesIfThere(xlmR);
  if (xlmRBytes === undefined) return undefined;
  const { tokenizer_class: named = "XLMRobertaTokenizer" } = settings;
  if (!String(named).startsWith("XLMRoberta")) {
    throw new EncoderError({
      code: "encoder/unsupported-tokenizer",
      message: `${xlmR} is for a ${String(named)}; only XLM-R's file of this name can be read`,
      place: xlmR,
      value: named,
      remedy: SAVE_AS_JSON_REMEDY,
    });
  }
  return { definition: xlmRobertaDefinition(xlmRBytes, xlmR), place: xlmR, assumed: [] };
}

/** Returns the definition; its vocabulary must contain the tokens that begin and end a text. */
function withBothEnds(definition: TokenizerDefinition, place: string): TokenizerDefinition {
  const { cls, sep } = definition.post_processor ?? {};
  const missing = [cls, sep].flatMap((end) =>
    Array.isArray(end) && end[1] === undefined ? [JSON.stringify(end[0])] : [],
  );
  if (missing.length === 0) return definition;
  throw badTokenizer(
    place,
    `the vocabulary has no ${missing.join(" and no ")}, which relata puts around every text`,
  );
}

/** BERT's settings file overrides the normalizer's switches, as in the published loaders. */
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
  const json = (await readJsonIfThere(join(folder, "config.json"))) ?? {};
  const config = withModelType(withoutNulls(json)) as Readonly<Record<string, unknown>>;
  const { text_config: tower } = config;
  const text = typeof tower === "object" ? (tower as Readonly<Record<string, unknown>>) : config;
  const positions = Number(text.max_position_embeddings ?? 0);
  if (!(positions > 0)) return undefined;
  // RoBERTa and MPNet count positions from the padding id + 1, so two positions are never used.
  const usesOffset = /roberta|mpnet/i.test(String(config.model_type ?? ""));
  return usesOffset ? positions - Number(config.pad_token_id ?? 1) - 1 : positions;
}

async function unpack(bytes: Buffer, place: string): Promise<string> {
  try {
    return (await unzip(bytes, { maxOutputLength: MAX_MERGES_BYTES })).toString("utf8");
  } catch (cause) {
    throw new EncoderError({
      code: "encoder/unreadable-file",
      message: `${place} cannot be unpacked`,
      place,
      cause,
      remedy: "Download the file again.",
    });
  }
}
