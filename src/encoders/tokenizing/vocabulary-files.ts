// Tokenizer definitions (the content of a tokenizer.json) built from the older vocabulary files.
import { byteLettersInVocabularyOrder } from "./byte-letters.ts";
import type { ComponentConfig } from "./normalizing.ts";

/** The parts of a tokenizer.json that encoding needs. */
export interface TokenizerDefinition {
  readonly model: ComponentConfig;
  readonly normalizer?: ComponentConfig | null;
  readonly pre_tokenizer?: ComponentConfig | null;
  readonly post_processor?: ComponentConfig | null;
  readonly added_tokens?: readonly AddedTokenConfig[];
  readonly padding?: { readonly pad_token?: string | undefined } | null;
}

export interface AddedTokenConfig {
  readonly id: number;
  readonly content: string;
  readonly special?: boolean | undefined;
  readonly single_word?: boolean | undefined;
  readonly lstrip?: boolean | undefined;
  readonly rstrip?: boolean | undefined;
  readonly normalized?: boolean | undefined;
}

/** tokenizer_config.json; only some settings are used here. */
export type TokenizerSettings = Readonly<Record<string, unknown>>;

type Vocabulary = Readonly<Record<string, number>>;

const BERT_TOKENS = { first: "[CLS]", last: "[SEP]", pad: "[PAD]", mask: "[MASK]" } as const;
/** MPNet's WordPiece has RoBERTa's special tokens. */
const MPNET_TOKENS = { first: "<s>", last: "</s>", pad: "<pad>", mask: "<mask>" } as const;

/** BERT's WordPiece from the lines of vocab.txt: a token's id is its line number from 0. */
export function bertDefinition(vocabText: string, settings: TokenizerSettings): TokenizerDefinition {
  const lines = vocabText.split(/\r\n|\r|\n/);
  if (lines.at(-1) === "") lines.pop();
  const vocabulary = Object.fromEntries(lines.map((line, id) => [line, id]));
  const token = (setting: string, usual: string): string => tokenContent(settings[setting]) ?? usual;
  const unknown = token("unk_token", "[UNK]");
  const has = (one: string): boolean => Object.hasOwn(vocabulary, one);
  const usual = has(MPNET_TOKENS.first) && !has(BERT_TOKENS.first) ? MPNET_TOKENS : BERT_TOKENS;
  const first = token("cls_token", usual.first);
  const last = token("sep_token", usual.last);
  const special = [token("pad_token", usual.pad), unknown, first, last, token("mask_token", usual.mask)];
  return {
    model: {
      type: "WordPiece",
      vocab: vocabulary,
      unk_token: unknown,
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
    },
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: settings.tokenize_chinese_chars ?? true,
      strip_accents: settings.strip_accents ?? null,
      lowercase: settings.do_lower_case ?? true,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: surround("BertProcessing", vocabulary, first, last),
    added_tokens: specialTokens(vocabulary, special),
  };
}

/** RoBERTa's byte-level BPE from vocab.json and merges.txt. */
export function robertaDefinition(
  vocabulary: Vocabulary,
  mergesText: string,
  settings: TokenizerSettings,
): TokenizerDefinition {
  const token = (setting: string, usual: string): string => tokenContent(settings[setting]) ?? usual;
  const first = token("cls_token", "<s>");
  const last = token("sep_token", "</s>");
  const mask = token("mask_token", "<mask>");
  const special = [first, token("pad_token", "<pad>"), last, token("unk_token", "<unk>")];
  return {
    model: { type: "BPE", vocab: vocabulary, merges: parseMerges(mergesText) },
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: true, use_regex: true },
    post_processor: surround("RobertaProcessing", vocabulary, first, last),
    added_tokens: [
      ...specialTokens(vocabulary, special),
      ...specialTokens(vocabulary, [mask]).map((added) => ({ ...added, lstrip: true })),
    ],
  };
}

/** CLIP's BPE, whose last letter of a word carries `</w>`, from vocab.json and merges.txt. */
export function clipDefinition(vocabulary: Vocabulary, mergesText: string): TokenizerDefinition {
  return clip(vocabulary, parseMerges(mergesText));
}

// The published loader keeps this many of the merges that its file lists; plus 512 letters and 2 special
// tokens, this makes 49,408 tokens.
const CLIP_MERGES = 49_152 - 256 - 2;

/** CLIP's BPE from the unpacked text of bpe_simple_vocab_16e6.txt.gz, which lists merges only. */
export function clipDefinitionFromMerges(mergesText: string): TokenizerDefinition {
  const merges = parseMerges(mergesText).slice(0, CLIP_MERGES);
  const letters = byteLettersInVocabularyOrder();
  const tokens = [
    ...letters,
    ...letters.map((letter) => `${letter}</w>`),
    ...merges.map((pair) => pair.join("")),
    "<|startoftext|>",
    "<|endoftext|>",
  ];
  return clip(Object.fromEntries(tokens.map((token, id) => [token, id])), merges);
}

function clip(vocabulary: Vocabulary, merges: readonly (readonly string[])[]): TokenizerDefinition {
  const first = "<|startoftext|>";
  const last = "<|endoftext|>";
  return {
    model: { type: "BPE", vocab: vocabulary, merges, unk_token: last, end_of_word_suffix: "</w>" },
    normalizer: {
      type: "Sequence",
      normalizers: [
        { type: "NFC" },
        { type: "Replace", pattern: { Regex: "\\s+" }, content: " " },
        { type: "Lowercase" },
      ],
    },
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        {
          type: "Split",
          pattern: { Regex: "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+" },
          behavior: "Removed",
          invert: true,
        },
        { type: "ByteLevel", add_prefix_space: false, use_regex: true },
      ],
    },
    post_processor: surround("RobertaProcessing", vocabulary, first, last),
    added_tokens: specialTokens(vocabulary, [first, last]),
  };
}

/** A setting that is a token: a string, or an object with `content`. */
export function tokenContent(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "object" && value !== null && "content" in value) return String(value.content); // the settings are already validated
  return undefined;
}

/** The lines of merges.txt as pairs; a first line "#version" is not a merge. */
function parseMerges(text: string): string[][] {
  const lines = text.split(/\r?\n/).filter((line) => line.length > 0);
  const merges = lines[0]?.includes("#version") ? lines.slice(1) : lines;
  return merges.map((line) => line.split(" ", 2));
}

function specialTokens(vocabulary: Vocabulary, contents: readonly string[]): AddedTokenConfig[] {
  return [...new Set(contents)].flatMap((content) => {
    const id = Object.hasOwn(vocabulary, content) ? vocabulary[content] : undefined;
    return id === undefined ? [] : [{ id, content, special: true, normalized: false }];
  });
}

function surround(type: string, vocabulary: Vocabulary, first: string, last: string): ComponentConfig {
  return { type, cls: [first, vocabulary[first]], sep: [last, vocabulary[last]] };
}
