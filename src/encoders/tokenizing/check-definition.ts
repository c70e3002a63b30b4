// Validates the content of an untrusted tokenizer.json: the form of every part, and the references between
// ids and names.
import { z } from "zod";
import { withoutNulls } from "../../base/json.ts";
import { checkShape, VALUES_SHOWN } from "../../base/schema-issues.ts";
import { badTokenizer } from "./bad-tokenizer.ts";
import type { TokenizerDefinition } from "./vocabulary-files.ts";

/** No word table could hold a thousand times the largest published id. */
const MAX_ID = 2 ** 31;

const id = z.int().nonnegative().max(MAX_ID);
const flag = z.boolean().optional();
const text = z.string().optional();
const pair = z.tuple([z.string(), id]);

/** The fields of a definition; encoding does not use any other field. */
const component = z.looseObject({
  type: text,
  // normalizers
  lowercase: flag,
  strip_accents: flag,
  clean_text: flag,
  handle_chinese_chars: flag,
  precompiled_charsmap: text,
  prepend: text,
  content: text,
  strip_left: flag,
  strip_right: flag,
  // pre-tokenizers
  add_prefix_space: flag,
  use_regex: flag,
  individual_digits: flag,
  replacement: text,
  prepend_scheme: z.enum(["always", "never", "first"]).optional(),
  split: flag,
  behavior: z
    .string()
    .regex(/^(removed|isolated|merged_?with_?previous|merged_?with_?next|contiguous)$/i)
    .optional(),
  invert: flag,
  // post-processors
  cls: pair.optional(),
  sep: pair.optional(),
  get normalizers() {
    return z.array(component).optional();
  },
  get pretokenizers() {
    return z.array(component).optional();
  },
  get processors() {
    return z.array(component).optional();
  },
  single: z
    .array(
      z.union([
        z.looseObject({ SpecialToken: z.looseObject({ id: z.string() }) }),
        z.looseObject({ Sequence: z.looseObject({ id: z.enum(["A", "B"]) }) }),
      ]),
    )
    .optional(),
  special_tokens: z.record(z.string(), z.looseObject({ ids: z.array(id) })).optional(),
});

/** A token and its flags, in tokenizer.json and in the settings. */
export const tokenObject = z.looseObject({
  content: z.string(),
  special: flag,
  single_word: flag,
  lstrip: flag,
  rstrip: flag,
  normalized: flag,
});
const addedToken = tokenObject.extend({ id });

const model = z.looseObject({
  type: text,
  unk_token: text,
  unk_id: id.optional(),
  continuing_subword_prefix: text,
  end_of_word_suffix: text,
  max_input_chars_per_word: z.int().positive().max(1_000_000).optional(),
  fuse_unk: flag,
  byte_fallback: flag,
  ignore_merges: flag,
});

const partsSchema = z.looseObject({
  model,
  normalizer: component.optional(),
  pre_tokenizer: component.optional(),
  post_processor: component.optional(),
  added_tokens: z.array(addedToken).optional(),
  padding: z.looseObject({ pad_token: text }).optional(),
});

/**
 * Returns a validated definition.
 *
 * @throws EncoderError `encoder/bad-tokenizer`, naming the invalid parts
 */
export function checkDefinition(json: unknown, place: string): TokenizerDefinition {
  const { model: whole, ...rest } =
    typeof json === "object" && json !== null ? (json as Record<string, unknown>) : {};
  if (typeof whole !== "object" || whole === null) throw badTokenizer(place, 'it has no "model"');
  const { vocab, merges, ...settings } = whole as Record<string, unknown>;
  const parts = withoutNulls({ ...rest, model: settings });
  const parsed = checkShape(partsSchema, parts, { whole: "the whole file", wording: VALUES_SHOWN });
  if (!parsed.success) throw badTokenizer(place, parsed.faults.slice(0, 10).join("; "));
  const definition = {
    ...parsed.data,
    model: { ...parsed.data.model, vocab, ...(merges === undefined ? {} : { merges }) },
  };
  checkReferences(definition as TokenizerDefinition, place);
  return definition as TokenizerDefinition;
}

/** Token to id, for the model only. */
export function vocabularyOf({ model: { vocab } }: TokenizerDefinition): ReadonlyMap<string, number> {
  if (Array.isArray(vocab))
    return new Map((vocab as readonly [string, number][]).map(([token], index) => [token, index]));
  return new Map(Object.entries(vocab as Readonly<Record<string, number>>));
}

function checkReferences(definition: TokenizerDefinition, place: string): void {
  const {
    model: { vocab, merges, unk_token: unknown, unk_id: unknownId, type },
    added_tokens: added = [],
  } = definition;
  checkVocabulary(vocab, place);
  const vocabulary = vocabularyOf(definition);
  const ids = new Map<number, string>();
  for (const [token, one] of vocabulary) {
    const other = ids.get(one);
    if (other !== undefined)
      throw badTokenizer(
        place,
        `${JSON.stringify(other)} and ${JSON.stringify(token)} have the same id ${one}`,
      );
    ids.set(one, token);
  }
  for (const { id: one, content } of added) {
    const known = vocabulary.get(content) ?? one;
    if (known !== one || (ids.get(one) ?? content) !== content) {
      throw badTokenizer(
        place,
        `the added token ${JSON.stringify(content)} has the id ${one}, but the vocabulary gives it the id ${known}, and ${one} to ${JSON.stringify(ids.get(one))}`,
      );
    }
    ids.set(one, content);
  }
  const hasUnknown =
    typeof unknown !== "string" ||
    vocabulary.has(unknown) ||
    added.some(({ content }) => content === unknown);
  if (!hasUnknown)
    throw badTokenizer(place, `the unknown token ${JSON.stringify(unknown)} is not in the vocabulary`);
  if (typeof unknownId === "number" && !ids.has(unknownId))
    throw badTokenizer(place, `unk_id ${unknownId} is beyond the vocabulary`);
  if (merges !== undefined && (type === "BPE" || type === undefined)) checkMerges(merges, vocabulary, place);
  checkProcessor(definition.post_processor, ids, place);
}

function checkVocabulary(vocab: unknown, place: string): void {
  if (Array.isArray(vocab)) {
    const wrong = vocab.findIndex(
      (entry: unknown) => !Array.isArray(entry) || typeof entry[0] !== "string" || !Number.isFinite(entry[1]),
    );
    if (wrong >= 0) throw badTokenizer(place, `model.vocab.${wrong} is not a token with a score`);
  } else if (typeof vocab === "object" && vocab !== null) {
    for (const [token, one] of Object.entries(vocab)) {
      if (!id.safeParse(one).success)
        throw badTokenizer(
          place,
          `model.vocab: the id of ${JSON.stringify(token)} is ${JSON.stringify(one)}`,
        );
    }
  } else throw badTokenizer(place, "model.vocab is not a vocabulary");
}

/** Checks that each merge joins two tokens to a token. */
function checkMerges(merges: unknown, vocabulary: ReadonlyMap<string, number>, place: string): void {
  if (!Array.isArray(merges)) throw badTokenizer(place, "model.merges is not a list");
  merges.forEach((merge: unknown, index) => {
    const parts = typeof merge === "string" ? merge.split(" ") : merge;
    const isPair =
      Array.isArray(parts) && parts.length === 2 && parts.every((part) => typeof part === "string");
    if (!isPair) throw badTokenizer(place, `model.merges.${index} is not a pair of tokens`);
    const [left, right] = parts as [string, string];
    const lacking = [left, right, left + right].find((token) => !vocabulary.has(token));
    if (lacking !== undefined) {
      throw badTokenizer(
        place,
        `model.merges.${index} contains the token ${JSON.stringify(lacking)}, which is not in the vocabulary`,
      );
    }
  });
}

type Component = NonNullable<TokenizerDefinition["post_processor"]>;

/** Checks that special tokens are in the vocabulary, and that a template uses only tokens that it defines. */
function checkProcessor(
  processor: Component | null | undefined,
  ids: ReadonlyMap<number, string>,
  place: string,
): void {
  if (processor === null || processor === undefined) return;
  const requireId = (one: unknown, token: string): void => {
    if (typeof one === "number" && ids.has(one)) return;
    throw badTokenizer(
      place,
      `post_processor: ${JSON.stringify(token)} has the id ${String(one)}, but no token has this id`,
    );
  };
  const {
    type,
    cls,
    sep,
    single,
    special_tokens: tokens,
    processors,
  } = processor as z.output<typeof component>;
  switch (type) {
    case "BertProcessing":
    case "RobertaProcessing":
      for (const around of [cls, sep]) requireId(around?.[1], around?.[0] ?? "");
      break;
    case "TemplateProcessing": {
      if (single === undefined) throw badTokenizer(place, "post_processor.single is not a list");
      for (const part of single) {
        if (!("SpecialToken" in part)) continue;
        const { id: name } = part.SpecialToken as { readonly id: string };
        const token = tokens !== undefined && Object.hasOwn(tokens, name) ? tokens[name] : undefined;
        if (token === undefined)
          throw badTokenizer(
            place,
            `post_processor uses the token ${JSON.stringify(name)} but does not define it`,
          );
        for (const one of token.ids) requireId(one, name);
      }
      break;
    }
    case "Sequence":
      for (const part of processors ?? []) checkProcessor(part as Component, ids, place);
      break;
    default: // others are refused or ignored at run time
  }
}
