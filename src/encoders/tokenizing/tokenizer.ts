// A tokenizer that works word by word and keeps, for every token, its word and its range in the original text.
import { EncoderError } from "../../base/errors.ts";
import { atOnce } from "../../base/turns.ts";
import { type AddedToken, createTokenFinder, type Section } from "./added-tokens.ts";
import { alignText } from "./aligned-text.ts";
import { checkDefinition } from "./check-definition.ts";
import { type ComponentConfig, createNormalizer, type TextNormalizer } from "./normalizing.ts";
import { createPreTokenizer, type PreTokenizer } from "./pre-tokenizing.ts";
import { createSubwordModel, type Subword, type SubwordModel } from "./subword-models.ts";
import type { TokenizerDefinition } from "./vocabulary-files.ts";
import { locateWords, type Word, type WordSplitter, wordSplitter } from "./words.ts";

// About 60 MB of entries; MNRE's training split has 27,000 different words.
const MAX_CACHED_WORDS = 200_000;
// Longer words are links and junk that rarely occur twice.
const MAX_CACHED_LENGTH = 128;

/** The word index of special tokens and entity markers. */
export const NO_WORD = -1;

/** Half-open range in UTF-16 units of the original text. */
export type TextRange = readonly [start: number, end: number];

/** The tokens of a text, with their words and character ranges. All arrays have one entry per token. */
export interface Encoding {
  /** Token ids, including special tokens. */
  readonly ids: readonly number[];
  /** For each token the index of its word, `NO_WORD` for special tokens. */
  readonly wordIndex: readonly number[];
  /** For each token its range in the original text; empty for special tokens. */
  readonly offsets: readonly TextRange[];
  /** Number of unknown tokens. */
  readonly unknown: number;
  /** Number of kept words that yield no token (control characters, lone variation selectors). */
  readonly emptyWords: readonly number[];
  /** What was truncated at the end, if anything. */
  readonly truncated: { readonly words: number; readonly tokens: number } | undefined;
}

/** The length limit of a text, and the treatment of longer ones. */
export interface EncodeOptions {
  /** Maximum number of tokens, including special tokens; default: the tokenizer's `maxLength`. */
  readonly maxLength?: number | undefined;
  /** What to do with longer input; truncation is between words and reported. Default "error". */
  readonly overlong?: "error" | "truncate" | undefined;
}

/** Settings that are not part of the definition. */
export interface TokenizerOptions {
  /** Location of the definition, for error messages. */
  readonly place?: string | undefined;
  readonly padToken?: string | undefined;
  /** Maximum number of tokens of the encoder. */
  readonly maxLength?: number | undefined;
  /**
   * Whether a special token spelled out in a text (`[MASK]`) becomes that token, as in the published
   * tokenizers. Default true.
   */
  readonly specialTokensInText?: boolean | undefined;
  /** Special tokens with a meaning inside a text, other than delimiters and padding. */
  readonly tokensOfTexts?: readonly string[] | undefined;
  /** Assumptions of the definition about missing settings, one sentence each. */
  readonly assumed?: readonly string[] | undefined;
}

/** Encodes words of a corpus, or raw text, with a published tokenizer's definition. */
export class TextTokenizer {
  readonly padId: number;
  readonly unknownId: number | undefined;
  /** Special tokens before and after a text, such as `[CLS]` and `[SEP]`. */
  readonly prefixIds: readonly number[];
  readonly suffixIds: readonly number[];
  readonly maxLength: number | undefined;
  /** Splits raw text into words; tokens added for texts, such as `<user>`, stay whole. */
  readonly splittingWords: WordSplitter;
  /** Assumptions about missing settings, one sentence each. */
  readonly assumed: readonly string[];
  /** One more than the largest id, including added tokens. */
  readonly vocabularySize: number;
  readonly #model: SubwordModel;
  readonly #normalize: TextNormalizer;
  readonly #preTokenize: PreTokenizer;
  readonly #findInOriginal: (text: ReturnType<typeof alignText>) => readonly Section[];
  readonly #findInNormalized: (text: ReturnType<typeof alignText>) => readonly Section[];
  readonly #added: ReadonlyMap<string, number>;
  readonly #cache = new Map<string, readonly Subword[]>();

  /** @throws EncoderError `encoder/bad-tokenizer` and the codes of unsupported parts */
  constructor(given: TokenizerDefinition, options: TokenizerOptions = {}) {
    const place = options.place ?? "tokenizer.json";
    const definition = checkDefinition(given, place);
    const normalize = createNormalizer(definition.normalizer, place);
    this.#normalize = normalize;
    this.#preTokenize = createPreTokenizer(forWords(definition.pre_tokenizer), place);
    this.#model = createSubwordModel(definition.model, place);
    const added: AddedToken[] = (definition.added_tokens ?? []).map((token) => ({
      id: token.id,
      content: token.content,
      special: token.special ?? false,
      singleWord: token.single_word ?? false,
      stripLeft: token.lstrip ?? false,
      stripRight: token.rstrip ?? false,
      normalized: token.normalized ?? !(token.special ?? false),
    }));
    this.#added = new Map(added.map((token) => [token.content, token.id]));
    const sought = added.filter((token) => !token.special || (options.specialTokensInText ?? true));
    const plain = sought.filter((token) => !token.normalized);
    const normalized = sought.filter((token) => token.normalized);
    this.#findInOriginal = createTokenFinder(
      plain,
      plain.map((token) => token.content),
    );
    this.#findInNormalized = createTokenFinder(
      normalized,
      normalized.map((token) => normalize(alignText(token.content)).text),
    );
    const isForTexts = new Set(options.tokensOfTexts ?? []);
    this.splittingWords = wordSplitter(
      sought
        .filter(({ special, content }) => !special || isForTexts.has(content))
        .map(({ content }) => content),
    );
    this.unknownId = this.#model.unknownId ?? this.idOf("<unk>");
    const [prefix, suffix] = specialIds(definition.post_processor, place);
    this.prefixIds = prefix;
    this.suffixIds = suffix;
    this.padId = this.#requirePad(options.padToken, place);
    this.maxLength = options.maxLength;
    this.assumed = options.assumed ?? [];
    let largest = -1;
    for (const id of this.#model.vocabulary.values()) largest = Math.max(largest, id);
    for (const id of this.#added.values()) largest = Math.max(largest, id);
    this.vocabularySize = largest + 1;
  }

  /** The id of a token in the vocabulary's spelling (`##ing`, `Ġthe`, `[unused1]`). */
  idOf(token: string): number | undefined {
    return this.#added.get(token) ?? this.#model.vocabulary.get(token);
  }

  /** The subwords of one word, without special tokens; ranges are relative to the word. */
  encodeWord(word: string): readonly Subword[] {
    const known = this.#cache.get(word);
    if (known !== undefined) return known;
    const subwords = this.#findInOriginal(alignText(word)).flatMap((section) => this.#encodeSection(section));
    const trimmed = subwords.map((subword) => trimWhiteSpace(subword, word));
    if (word.length <= MAX_CACHED_LENGTH) {
      if (this.#cache.size >= MAX_CACHED_WORDS) this.#cache.clear();
      this.#cache.set(word, trimmed);
    }
    return trimmed;
  }

  /**
   * Encodes words (`is_split_into_words` in the published tokenizers) and adds special tokens.
   *
   * @throws EncoderError `encoder/text-too-long` if there are more than `maxLength` tokens and truncation
   * is not allowed.
   * @example
   * const { ids, wordIndex } = tokenizer.encodeWords(["David", "Bowie", "in", "London"]);
   */
  encodeWords(words: readonly (string | Word)[], options: EncodeOptions = {}): Encoding {
    const located = locateWords(words);
    const perWord = located.map((word) => this.encodeWord(word.text));
    const maxLength = options.maxLength ?? this.maxLength ?? Number.POSITIVE_INFINITY;
    const room = maxLength - this.prefixIds.length - this.suffixIds.length;
    const total = perWord.reduce((sum, subwords) => sum + subwords.length, 0);
    let kept = perWord.length;
    let length = total;
    if (total > room) {
      if ((options.overlong ?? "error") === "error" || room < 0) {
        throw tooLong(total + maxLength - room, maxLength);
      }
      while (length > room) length -= perWord[--kept]?.length ?? 0;
    }
    const builder = new EncodingBuilder(this);
    builder.addSpecial(this.prefixIds);
    for (let i = 0; i < kept; i++) builder.addWord(i, located[i] as Word, perWord[i] ?? []);
    builder.addSpecial(this.suffixIds);
    const cut = { words: perWord.length - kept, tokens: total - length };
    return builder.build(kept < perWord.length ? cut : undefined);
  }

  /** Splits raw text into words and encodes them; offsets refer to `text`. */
  encodeText(text: string, options: EncodeOptions = {}): Encoding & { readonly words: readonly Word[] } {
    const words = atOnce(this.splittingWords(text));
    return { ...this.encodeWords(words, options), words };
  }

  #encodeSection(section: Section): readonly Subword[] {
    if (section.kind === "token") return [section];
    return this.#findInNormalized(this.#normalize(section.text)).flatMap((part) =>
      part.kind === "token"
        ? [part]
        : this.#preTokenize(part.text).flatMap((piece) => this.#model.encode(piece)),
    );
  }

  #requirePad(named: string | undefined, place: string): number {
    const candidates = named === undefined ? ["[PAD]", "<pad>", "<|endoftext|>"] : [named];
    for (const candidate of candidates) {
      const id = this.idOf(candidate);
      if (id !== undefined) return id;
    }
    throw new EncoderError({
      code: "encoder/no-padding-token",
      message: `none of ${candidates.join(", ")} is in the vocabulary`,
      place,
      value: candidates,
      remedy: 'Name the padding token as "pad_token" in tokenizer_config.json.',
    });
  }
}

/** Collects the tokens of an encoding. */
export class EncodingBuilder {
  readonly ids: number[] = [];
  readonly wordIndex: number[] = [];
  readonly offsets: TextRange[] = [];
  readonly #emptyWords: number[] = [];
  readonly #unknownId: number | undefined;
  #unknown = 0;

  constructor(tokenizer: TextTokenizer) {
    this.#unknownId = tokenizer.unknownId;
  }

  /** Tokens without text: special tokens, entity markers. */
  addSpecial(ids: readonly number[], at = 0): void {
    for (const id of ids) {
      this.ids.push(id);
      this.wordIndex.push(NO_WORD);
      this.offsets.push([at, at]);
    }
  }

  addWord(index: number, word: Word, subwords: readonly Subword[]): void {
    if (subwords.length === 0) this.#emptyWords.push(index);
    for (const { id, start, end } of subwords) {
      this.ids.push(id);
      this.wordIndex.push(index);
      this.offsets.push([word.start + start, word.start + end]);
      if (id === this.#unknownId) this.#unknown++;
    }
  }

  build(truncated: Encoding["truncated"]): Encoding {
    const { ids, wordIndex, offsets } = this;
    return { ids, wordIndex, offsets, unknown: this.#unknown, emptyWords: this.#emptyWords, truncated };
  }
}

/** The error for input that is too long. */
export function tooLong(length: number, maxLength: number): EncoderError {
  return new EncoderError({
    code: "encoder/text-too-long",
    message: `the text has ${length} tokens, special tokens included; the limit is ${maxLength}`,
    place: "text",
    value: length,
    remedy: 'Raise maxLength, shorten the text, or allow truncation with overlong: "truncate".',
  });
}

/** For byte-level BPE, all pre-split words begin with a space, as published tokenizers require. */
function forWords(config: ComponentConfig | null | undefined): ComponentConfig | null | undefined {
  return config?.type === "ByteLevel" ? { ...config, add_prefix_space: true } : config;
}

/** Byte-level and metaspace tokens may carry the white space before them; it is not part of their range. */
function trimWhiteSpace(subword: Subword, word: string): Subword {
  let { start, end } = subword;
  while (start < end && /\s/.test(word[start] ?? "")) start++;
  while (end > start && /\s/.test(word[end - 1] ?? "")) end--;
  const isUnchanged = start === subword.start && end === subword.end;
  return start === end || isUnchanged ? subword : { id: subword.id, start, end };
}

/** The ids that a post-processor adds before and after a single text. */
function specialIds(
  config: ComponentConfig | null | undefined,
  place: string,
): readonly [readonly number[], readonly number[]] {
  switch (config?.type) {
    case undefined:
    case "ByteLevel":
      return [[], []];
    case "BertProcessing":
    case "RobertaProcessing":
      return [[Number((config.cls as [string, number])[1])], [Number((config.sep as [string, number])[1])]];
    case "Sequence": {
      const parts = (config.processors as readonly ComponentConfig[]).map((part) => specialIds(part, place));
      return [parts.flatMap((part) => part[0]), parts.flatMap((part) => part[1])];
    }
    case "TemplateProcessing":
      return templateIds(config);
    default:
      throw new EncoderError({
        code: "encoder/unsupported-post-processor",
        message: `unknown post-processor: ${JSON.stringify(config?.type)}`,
        place,
        value: config?.type,
        remedy: "Use a tokenizer of the BERT, RoBERTa, XLM-R, CLIP, MPNet, DeBERTa-v3 or ModernBERT family.",
      });
  }
}

function templateIds(config: ComponentConfig): readonly [readonly number[], readonly number[]] {
  const tokens = config.special_tokens as Readonly<Record<string, { readonly ids: readonly number[] }>>;
  const before: number[] = [];
  const after: number[] = [];
  let isAfter = false;
  for (const part of config.single as readonly Readonly<Record<string, { readonly id: string }>>[]) {
    if (part.Sequence !== undefined) isAfter = true;
    else if (part.SpecialToken !== undefined) {
      (isAfter ? after : before).push(...(tokens[part.SpecialToken.id]?.ids ?? []));
    }
  }
  return [before, after];
}
