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

/** An emoji with all that belongs to it, or one character of controls, formats, unusual spaces and lone surrogates. */
const SPECIAL = /\p{RGI_Emoji}|[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u00a0\u115f\u1160\u3164\uffa0]|\p{Cn}/gv;
const EMOJI = /^\p{RGI_Emoji}$/v;
/** Scripts in which joiners are part of the spelling. */
const JOINING =
  /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Mongolian}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Gujarati}]/v;

/** The name of an invisible character: a short one, or its code point. */
export function nameOf(character: string): string {
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
    if (special === "\n" || EMOJI.test(special)) continue;
    const joins = special === "\u200c" || special === "\u200d";
    if (joins && JOINING.test(text.slice(Math.max(0, at - 1), at))) continue;
    upTo(at);
    glyphs.push({ kind: "invisible", start: offset + at, length: special.length, name: nameOf(special) });
    from = at + special.length;
  }
  upTo(text.length);
  return glyphs;
}
