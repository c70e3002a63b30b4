// The `pre_tokenizer` part of a tokenizer.json, applied to aligned text: splits a normalised word into the
// pieces that the subword model processes one by one.
import { EncoderError } from "../../base/errors.ts";
import { type AlignedText, prependText, replaceMatches, sliceText } from "./aligned-text.ts";
import { toByteLetters } from "./byte-letters.ts";
import type { ComponentConfig } from "./normalizing.ts";
import { compilePattern } from "./patterns.ts";
import { isPunctuation, WHITE_SPACE } from "./unicode-tables.ts";

/** Splits one section of a word; never returns an empty piece. */
export type PreTokenizer = (section: AlignedText) => readonly AlignedText[];

const SUPPORTED = [
  "BertPreTokenizer",
  "ByteLevel",
  "Digits",
  "Metaspace",
  "Punctuation",
  "Sequence",
  "Split",
  "Whitespace",
  "WhitespaceSplit",
];

// GPT-2's pattern, as used by RoBERTa, with Oniguruma's white space.
const SPACE = WHITE_SPACE.source.slice(1, -1);
const BYTE_LEVEL = new RegExp(
  `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^${SPACE}\\p{L}\\p{N}]+|[${SPACE}]+(?![^${SPACE}])|[${SPACE}]+`,
  "gu",
);
const SPACES = new RegExp(`[${SPACE}]+`, "gu");
const WORD_RUNS = new RegExp(
  `[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}]+|[^\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}${SPACE}]+`,
  "gu",
);

/**
 * Builds the function of a pre-tokenizer configuration; `null` leaves a section whole.
 *
 * @throws EncoderError `encoder/unsupported-pre-tokenizer` for a type that is not in the list above.
 */
export function createPreTokenizer(config: ComponentConfig | null | undefined, place: string): PreTokenizer {
  if (config === null || config === undefined) return (section) => [section];
  switch (config.type) {
    case "BertPreTokenizer":
      return (section) => removeMatches(section, SPACES).flatMap(isolatePunctuation);
    case "ByteLevel":
      return createByteLevel(config.add_prefix_space !== false, config.use_regex !== false);
    case "Digits": {
      const digits = config.individual_digits === true ? /\p{N}/gu : /\p{N}+/gu;
      return (section) => cut(section, digits, "isolated", false);
    }
    case "Metaspace":
      return createMetaspace(config);
    case "Punctuation":
      return isolatePunctuation;
    case "Sequence": {
      const parts = (config.pretokenizers as readonly ComponentConfig[]).map((c) =>
        createPreTokenizer(c, place),
      );
      return (section) => parts.reduce<readonly AlignedText[]>((all, part) => all.flatMap(part), [section]);
    }
    case "Split": {
      const pattern = compilePattern(config.pattern, place);
      const behaviour = String(config.behavior ?? "isolated").toLowerCase();
      return (section) => cut(section, pattern, behaviour, config.invert === true);
    }
    case "Whitespace":
      return (section) => cut(section, WORD_RUNS, "removed", true);
    case "WhitespaceSplit":
      return (section) => removeMatches(section, SPACES);
    default:
      throw new EncoderError({
        code: "encoder/unsupported-pre-tokenizer",
        message: `unknown pre-tokenizer: ${JSON.stringify(config.type)} (known: ${SUPPORTED.join(", ")})`,
        place,
        value: config.type,
        remedy: "Use a tokenizer of the BERT, RoBERTa, XLM-R, CLIP, MPNet, DeBERTa-v3 or ModernBERT family.",
      });
  }
}

function createByteLevel(addPrefixSpace: boolean, useRegex: boolean): PreTokenizer {
  return (section) => {
    const spaced = addPrefixSpace && !section.text.startsWith(" ") ? prependText(section, " ") : section;
    const pieces = useRegex ? cut(spaced, BYTE_LEVEL, "isolated", false) : [spaced];
    return pieces.map(toByteLetters);
  };
}

function createMetaspace(config: ComponentConfig): PreTokenizer {
  const mark = String(config.replacement ?? "\u2581");
  // Files before version 0.14 of the format have add_prefix_space instead of prepend_scheme.
  const scheme = config.prepend_scheme ?? (config.add_prefix_space === false ? "never" : "always");
  const marks = new RegExp(mark.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&"), "gu");
  return (section) => {
    const marked = replaceMatches(section, / /gu, mark);
    const isFirst = (section.starts[0] ?? 0) === 0;
    const wanted = scheme === "always" || (scheme === "first" && isFirst);
    const whole = wanted && !marked.text.startsWith(mark) ? prependText(marked, mark) : marked;
    return config.split === false ? [whole] : cut(whole, marks, "mergedwithnext", false);
  };
}

function isolatePunctuation(section: AlignedText): AlignedText[] {
  const pieces: AlignedText[] = [];
  let start = 0;
  let at = 0;
  for (const character of section.text) {
    const next = at + character.length;
    if (isPunctuation(character.codePointAt(0) ?? 0)) {
      if (at > start) pieces.push(sliceText(section, start, at));
      pieces.push(sliceText(section, at, next));
      start = next;
    }
    at = next;
  }
  if (at > start) pieces.push(sliceText(section, start, at));
  return pieces;
}

function removeMatches(section: AlignedText, pattern: RegExp): AlignedText[] {
  return cut(section, pattern, "removed", false);
}

/** Splits at the matches of `pattern` (`invert`: at the text between them) in one of the format's five ways. */
function cut(section: AlignedText, pattern: RegExp, behaviour: string, invert: boolean): AlignedText[] {
  const parts: { from: number; to: number; isDelimiter: boolean }[] = [];
  let at = 0;
  for (const match of section.text.matchAll(pattern)) {
    if (match[0].length === 0) continue;
    if (match.index > at) parts.push({ from: at, to: match.index, isDelimiter: invert });
    at = match.index + match[0].length;
    parts.push({ from: match.index, to: at, isDelimiter: !invert });
  }
  if (at < section.text.length) parts.push({ from: at, to: section.text.length, isDelimiter: invert });

  const ranges: { from: number; to: number }[] = [];
  let joinNext = false;
  for (const [i, part] of parts.entries()) {
    const last = ranges.at(-1);
    const before = parts[i - 1];
    if (part.isDelimiter && behaviour === "removed") continue;
    const joins =
      joinNext ||
      (behaviour === "mergedwithprevious" && part.isDelimiter && before?.isDelimiter === false) ||
      (behaviour === "contiguous" && before?.isDelimiter === part.isDelimiter);
    if (joins && last !== undefined) last.to = part.to;
    else ranges.push({ from: part.from, to: part.to });
    joinNext = behaviour === "mergedwithnext" && part.isDelimiter && parts[i + 1]?.isDelimiter === false;
  }
  return ranges.map(({ from, to }) => sliceText(section, from, to));
}
