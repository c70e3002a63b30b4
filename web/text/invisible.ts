// Characters that a reader cannot see but a model reads: shown by name, so that texts cannot hide anything and directions cannot turn.

/** A stretch of text: to show as it is, or the name of a character that cannot be seen. */
export type Glyph =
  | { readonly kind: "text"; readonly start: number; readonly text: string }
  | { readonly kind: "invisible"; readonly start: number; readonly length: number; readonly name: string };

const NAMES: Readonly<Record<string, string>> = {
  "\t": "tab",
  "\r": "CR",
  "\u00a0": "nbsp",
  "\u00ad": "soft hyphen",
  "\u200b": "zero width space",
  "\u200c": "ZWNJ",
  "\u200d": "ZWJ",
  "\u200e": "LRM",
  "\u200f": "RLM",
  "\u202a": "LRE",
  "\u202b": "RLE",
  "\u202c": "PDF",
  "\u202d": "LRO",
  "\u202e": "RLO",
  "\u2060": "word joiner",
  "\u2066": "LRI",
  "\u2067": "RLI",
  "\u2068": "FSI",
  "\u2069": "PDI",
  "\ufeff": "BOM",
};

/** Controls, formats, lone surrogates, unassigned code points, and letters and spaces that are drawn as nothing. */
const SPECIAL = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Cn}\u00a0\u115f\u1160\u3164\uffa0]/gu;
/** Scripts in which joiners are part of the spelling. */
const JOINING =
  /[\p{sc=Arab}\p{sc=Syrc}\p{sc=Mong}\p{sc=Deva}\p{sc=Beng}\p{sc=Mlym}\p{sc=Sinh}\p{sc=Taml}\p{sc=Telu}\p{sc=Knda}\p{sc=Gujr}]$/u;
const EMOJI_BEFORE = /(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f)$/u;
const EMOJI_AFTER = /^\p{Extended_Pictographic}/u;
/** A black flag with the letters of its region, as the flag of Wales has them. */
const FLAG_BEFORE = /\u{1f3f4}[\u{e0020}-\u{e007f}]*$/u;
const LONGEST_FLAG = 16; // UTF-16 units

/** Whether an invisible character belongs to what is seen around it: a joiner in an emoji or a word, a letter of a flag. */
function belongs(text: string, at: number, special: string): boolean {
  const before = text.slice(Math.max(0, at - LONGEST_FLAG), at);
  if (special === "\u200c") return JOINING.test(before);
  if (special === "\u200d") {
    return (
      JOINING.test(before) || (EMOJI_BEFORE.test(before) && EMOJI_AFTER.test(text.slice(at + 1, at + 3)))
    );
  }
  return special >= "\u{e0020}" && special <= "\u{e007f}" && FLAG_BEFORE.test(before);
}

/** The name of an invisible character: a short one, or its code point. */
function nameOf(character: string): string {
  const known = NAMES[character];
  if (known !== undefined) return known;
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}

/** Splits a text into what is seen and what is not. Line breaks, emoji and the joiners of a script's spelling are text. */
export function glyphsOf(text: string, offset = 0): readonly Glyph[] {
  const glyphs: Glyph[] = [];
  let from = 0;
  const upTo = (to: number) => {
    if (to > from) glyphs.push({ kind: "text", start: offset + from, text: text.slice(from, to) });
  };
  for (const match of text.matchAll(SPECIAL)) {
    const [special] = match;
    const at = match.index;
    if (special === "\n" || belongs(text, at, special)) continue;
    upTo(at);
    glyphs.push({ kind: "invisible", start: offset + at, length: special.length, name: nameOf(special) });
    from = at + special.length;
  }
  upTo(text.length);
  return glyphs;
}
