// Applies the `normalizer` part of a tokenizer.json to aligned text. These are our own, because the
// tokenizer library's normalizers lose the offsets and differ from the published ones on sigma, on
// ideographs beyond the basic plane and on newer marks.
import { EncoderError } from "../../base/errors.ts";
import {
  type AlignedText,
  mapCodePoints,
  normalizeText,
  prependText,
  replaceMatches,
  sliceText,
} from "./aligned-text.ts";
import { compilePattern } from "./patterns.ts";
import { createPrecompiledNormalizer } from "./precompiled.ts";
import { isIdeograph, isNonspacingMark, isRemovedByCleaning, WHITE_SPACE } from "./unicode-tables.ts";

export type TextNormalizer = (text: AlignedText) => AlignedText;

/** A component of a tokenizer.json: a `type` and its settings. */
export interface ComponentConfig {
  readonly type?: string;
  readonly [setting: string]: unknown;
}

const SUPPORTED = [
  "BertNormalizer",
  "Lowercase",
  "NFC",
  "NFD",
  "NFKC",
  "NFKD",
  "Precompiled",
  "Prepend",
  "Replace",
  "Sequence",
  "Strip",
  "StripAccents",
];

/**
 * Builds the function of a normalizer configuration; `null` means the identity.
 *
 * @throws EncoderError `encoder/unsupported-normalizer` for a type that is not in the list above.
 */
export function createNormalizer(config: ComponentConfig | null | undefined, place: string): TextNormalizer {
  if (config === null || config === undefined) return (text) => text;
  switch (config.type) {
    case "BertNormalizer":
      return createBertNormalizer(config);
    case "Lowercase":
      return lowercase;
    case "NFC":
    case "NFD":
    case "NFKC":
    case "NFKD": {
      const form = config.type;
      return (text) => normalizeText(text, form);
    }
    case "Precompiled":
      return createPrecompiledNormalizer(String(config.precompiled_charsmap ?? ""), place);
    case "Prepend": {
      const prefix = String(config.prepend ?? "");
      return (text) => (text.text.length === 0 ? text : prependText(text, prefix));
    }
    case "Replace": {
      const pattern = compilePattern(config.pattern, place);
      const content = String(config.content ?? "");
      return (text) => replaceMatches(text, pattern, content);
    }
    case "Sequence": {
      const parts = (config.normalizers as readonly ComponentConfig[]).map((c) => createNormalizer(c, place));
      return (text) => parts.reduce((current, part) => part(current), text);
    }
    case "Strip":
      return (text) => strip(text, config.strip_left === true, config.strip_right === true);
    case "StripAccents":
      return stripAccents;
    default:
      throw new EncoderError({
        code: "encoder/unsupported-normalizer",
        message: `unknown normalizer: ${JSON.stringify(config.type)} (known: ${SUPPORTED.join(", ")})`,
        place,
        value: config.type,
        remedy: "Use a tokenizer of the BERT, RoBERTa, XLM-R, CLIP, MPNet, DeBERTa-v3 or ModernBERT family.",
      });
  }
}

/** Cleaning, spaces around ideographs, accents, case, in the order of the published implementation. */
function createBertNormalizer(config: ComponentConfig): TextNormalizer {
  const lower = config.lowercase !== false;
  const accents = typeof config.strip_accents === "boolean" ? config.strip_accents : lower;
  return (text) => {
    let current = text;
    if (config.clean_text !== false) current = mapCodePoints(current, cleanCharacter);
    if (config.handle_chinese_chars !== false) {
      current = mapCodePoints(current, (c) => (isIdeograph(c.codePointAt(0) ?? 0) ? ` ${c} ` : c));
    }
    if (accents) current = stripAccents(normalizeText(current, "NFD"));
    return lower ? lowercase(current) : current;
  };
}

function cleanCharacter(character: string): string {
  const codePoint = character.codePointAt(0) ?? 0;
  if (character === "\t" || character === "\n" || character === "\r") return " ";
  if (codePoint === 0 || codePoint === 0xfffd || isRemovedByCleaning(codePoint)) return "";
  return WHITE_SPACE.test(character) ? " " : character;
}

/** Lower-cases by code point, so a capital sigma at a word's end becomes an ordinary small one. */
function lowercase(text: AlignedText): AlignedText {
  return mapCodePoints(text, (character) => character.toLowerCase());
}

function stripAccents(text: AlignedText): AlignedText {
  return mapCodePoints(text, (c) => (isNonspacingMark(c.codePointAt(0) ?? 0) ? "" : c));
}

function strip(text: AlignedText, left: boolean, right: boolean): AlignedText {
  let start = 0;
  let end = text.text.length;
  while (left && start < end && WHITE_SPACE.test(text.text[start] ?? "")) start++;
  while (right && end > start && WHITE_SPACE.test(text.text[end - 1] ?? "")) end--;
  return sliceText(text, start, end);
}
