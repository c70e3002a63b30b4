// The files that accompany a vocabulary: tokenizer_config.json, special_tokens_map.json and added_tokens.json, in the spellings of all versions.
import { join } from "node:path";
import { z } from "zod";
import type { EncoderError } from "../../base/errors.ts";
import { withoutNulls } from "../../base/json.ts";
import { checkShape, VALUES_SHOWN } from "../../base/schema-issues.ts";
import { readJsonIfThere } from "../json-file.ts";
import { badTokenizer } from "./bad-tokenizer.ts";
import { tokenObject, vocabularyOf } from "./check-definition.ts";
import { ADDED_TOKENS_FILE, SETTINGS_FILE, SPECIAL_TOKENS_FILE } from "./tokenizer-files.ts";
import type { AddedTokenConfig, TokenizerDefinition, TokenizerSettings } from "./vocabulary-files.ts";

/** An added token; its id may be in another file, or missing. */
type NamedToken = Omit<AddedTokenConfig, "id">;

/** Settings of one tokenizer, without null fields. */
export interface FolderSettings {
  /** tokenizer_config.json, with the special tokens of special_tokens_map.json. */
  readonly config: TokenizerSettings;
  /** Tokens with specific roles. */
  readonly special: readonly NamedToken[];
  /** Further tokens that are matched as a whole; those without an id get the next ids, in this order. */
  readonly named: readonly NamedToken[];
  /** Tokens with ids and rules. */
  readonly decoder: readonly AddedTokenConfig[];
  /** Tokens with only ids. */
  readonly added: readonly AddedTokenConfig[];
}

const ROLES = ["bos", "eos", "unk", "sep", "pad", "cls", "mask"] as const;

const flag = z.boolean().optional();
const token = z.union([z.string().transform((content) => ({ content })), tokenObject]);
const roles = Object.fromEntries(ROLES.map((role) => [`${role}_token`, token.optional()]));
/** A list, or, in some versions, further roles and their tokens. */
const tokens = z.union([
  z.array(token),
  z.record(z.string(), token).transform((named) => Object.values(named)),
]);
const id = z
  .int()
  .nonnegative()
  .max(2 ** 31);

const specialSchema = z.looseObject({ ...roles, additional_special_tokens: tokens.optional() });
const configSchema = specialSchema.extend({
  extra_special_tokens: tokens.optional(),
  model_specific_special_tokens: tokens.optional(),
  added_tokens_decoder: z.record(z.string().regex(/^\d{1,10}$/), tokenObject).optional(),
  do_lower_case: flag,
  strip_accents: flag,
  tokenize_chinese_chars: flag,
  model_max_length: z.number().optional(),
});

/**
 * Reads the settings in a folder; empty if there are none.
 *
 * @throws EncoderError `encoder/bad-tokenizer`, `encoder/unreadable-file`, `encoder/git-lfs-pointer`, `encoder/not-json`
 */
export async function readSettings(folder: string): Promise<FolderSettings> {
  const config = await readChecked(join(folder, SETTINGS_FILE), configSchema);
  const map = await readChecked(join(folder, SPECIAL_TOKENS_FILE), specialSchema);
  const addedPath = join(folder, ADDED_TOKENS_FILE);
  const addedIds = (await readJsonIfThere(addedPath)) ?? {};

  const special: NamedToken[] = [];
  const merged: Record<string, unknown> = { ...config };
  for (const field of ROLES.map((role) => `${role}_token`)) {
    const found = (config[field] ?? map[field]) as NamedToken | undefined;
    if (found === undefined) continue;
    merged[field] = found;
    special.push({ ...found, special: true });
  }
  const lists = [
    config.additional_special_tokens ?? map.additional_special_tokens,
    config.extra_special_tokens,
    config.model_specific_special_tokens,
  ];
  const named = lists.flatMap((list) => list ?? []).map((one): NamedToken => ({ ...one, special: true }));
  const isSpecial = new Set([...special, ...named].map(({ content }) => content));
  const added = Object.entries(addedIds).map(([content, value]): AddedTokenConfig => {
    const parsed = id.safeParse(value);
    if (!parsed.success)
      throw badTokenizer(addedPath, `the id of ${JSON.stringify(content)} is not a whole number`);
    return { id: parsed.data, content, special: isSpecial.has(content) };
  });
  const decoder = Object.entries(config.added_tokens_decoder ?? {}).map(
    ([key, value]): AddedTokenConfig => ({ ...value, id: Number(key) }),
  );
  return { config: merged, special, named, decoder, added };
}

async function readChecked<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
): Promise<z.output<Schema>> {
  const json = withoutNulls((await readJsonIfThere(path)) ?? {});
  const checked = checkShape(schema, json, { whole: "the whole file", wording: VALUES_SHOWN });
  if (checked.success) return checked.data;
  throw badTokenizer(path, checked.faults.join("; "));
}

/**
 * Merges the added tokens of the settings into a definition, like the published loaders: missing tokens are
 * appended, the settings' rules take precedence, and tokens without an id get the next ids.
 *
 * @throws EncoderError `encoder/bad-tokenizer` if two files assign two ids to one token, or two tokens to
 * one id
 */
export function withAddedTokens(
  definition: TokenizerDefinition,
  { special, named, decoder, added }: FolderSettings,
  place: string,
): TokenizerDefinition {
  const vocabulary = vocabularyOf(definition);
  const byContent = new Map((definition.added_tokens ?? []).map((one) => [one.content, one]));
  const byId = new Map([...vocabulary].map(([content, one]) => [one, content]));
  const idOf = new Map(vocabulary);
  for (const one of byContent.values()) {
    byId.set(one.id, one.content);
    idOf.set(one.content, one.id);
  }

  for (const one of [...decoder, ...added]) {
    const known = idOf.get(one.content);
    if (known !== undefined && known !== one.id) throw twoIds(place, one.content, known, one.id);
    idOf.set(one.content, one.id);
    const other = byId.get(one.id);
    if (other !== undefined && other !== one.content) throw twoTokens(place, one.id, other, one.content);
    byId.set(one.id, one.content);
  }
  for (const one of added) if (!byContent.has(one.content)) byContent.set(one.content, one);

  let next = 0;
  for (const one of byId.keys()) next = Math.max(next, one + 1);
  for (const one of [...named, ...special]) {
    const known = byContent.get(one.content);
    const isNamed = named.includes(one);
    if (known !== undefined && !hasRules(one)) byContent.set(one.content, { ...known, special: true });
    else {
      const found = known?.id ?? idOf.get(one.content) ?? (isNamed ? next++ : undefined);
      if (found !== undefined) byContent.set(one.content, { ...one, id: found });
    }
  }
  for (const one of decoder) byContent.set(one.content, one);
  return { ...definition, added_tokens: [...byContent.values()] };
}

/** Whether more than the spelling of a token is known. */
function hasRules({ single_word, lstrip, rstrip, normalized }: NamedToken): boolean {
  return [single_word, lstrip, rstrip, normalized].some((rule) => rule !== undefined);
}

function twoIds(place: string, content: string, one: number, other: number): EncoderError {
  return badTokenizer(
    place,
    `the token ${JSON.stringify(content)} has two ids, ${one} and ${other}, in the tokenizer's files`,
  );
}

function twoTokens(place: string, one: number, first: string, second: string): EncoderError {
  return badTokenizer(
    place,
    `${JSON.stringify(first)} and ${JSON.stringify(second)} have the same id ${one} in the tokenizer's files`,
  );
}
