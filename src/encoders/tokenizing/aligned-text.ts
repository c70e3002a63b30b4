// Text that keeps, through normalisation, the origin of every UTF-16 unit in the original.

/** `text[i]` comes from `original.slice(starts[i], ends[i])`; all three have the same length. */
export interface AlignedText {
  readonly text: string;
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/**
 * The alignment of a text with itself: both units of a surrogate pair map to the whole code point.
 * A lone surrogate cannot be encoded in UTF-8 and becomes U+FFFD, which has the same length.
 */
export function alignText(original: string): AlignedText {
  const starts: number[] = [];
  const ends: number[] = [];
  let text = "";
  for (const character of original) {
    const start = starts.length;
    for (let i = 0; i < character.length; i++) {
      starts.push(start);
      ends.push(start + character.length);
    }
    text += LONE_SURROGATE.test(character) ? "\uFFFD" : character;
  }
  return { text, starts, ends };
}

const LONE_SURROGATE = /^\p{Surrogate}$/u;

/** The part `[start, end)` of the current text, in UTF-16 units. */
export function sliceText(aligned: AlignedText, start: number, end: number): AlignedText {
  return {
    text: aligned.text.slice(start, end),
    starts: aligned.starts.slice(start, end),
    ends: aligned.ends.slice(start, end),
  };
}

/** Prepends `prefix`, which maps to an empty range at the first unit of the original. */
export function prependText(aligned: AlignedText, prefix: string): AlignedText {
  const at = aligned.starts[0] ?? 0;
  const nothing = new Array<number>(prefix.length).fill(at);
  return {
    text: prefix + aligned.text,
    starts: [...nothing, ...aligned.starts],
    ends: [...nothing, ...aligned.ends],
  };
}

/** Replaces every code point by `replace(codePoint)`; the new units map to the whole old one. */
export function mapCodePoints(aligned: AlignedText, replace: (character: string) => string): AlignedText {
  const builder = new AlignedBuilder();
  let at = 0;
  for (const character of aligned.text) {
    builder.add(replace(character), aligned, at, at + character.length);
    at += character.length;
  }
  return builder.build();
}

/** Replaces every match of a global pattern by `content`, which maps to the whole match. */
export function replaceMatches(aligned: AlignedText, pattern: RegExp, content: string): AlignedText {
  const builder = new AlignedBuilder();
  let at = 0;
  for (const match of aligned.text.matchAll(pattern)) {
    if (match[0].length === 0) continue;
    builder.keep(aligned, at, match.index);
    builder.add(content, aligned, match.index, match.index + match[0].length);
    at = match.index + match[0].length;
  }
  builder.keep(aligned, at, aligned.text.length);
  return builder.build();
}

/** Collects pieces of a new text with their origin in an older one. */
export class AlignedBuilder {
  #text = "";
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  /** Appends `text`; every unit maps to `source`'s units `[from, to)`. */
  add(text: string, source: AlignedText, from: number, to: number): void {
    if (text.length === 0) return;
    const start = source.starts[from] ?? 0;
    const end = to > from ? (source.ends[to - 1] ?? start) : start;
    for (let i = 0; i < text.length; i++) {
      this.#starts.push(start);
      this.#ends.push(end);
    }
    this.#text += text;
  }

  /** Appends `source`'s units `[from, to)` unchanged. */
  keep(source: AlignedText, from: number, to: number): void {
    this.#text += source.text.slice(from, to);
    for (let i = from; i < to; i++) {
      this.#starts.push(source.starts[i] ?? 0);
      this.#ends.push(source.ends[i] ?? 0);
    }
  }

  build(): AlignedText {
    return { text: this.#text, starts: this.#starts, ends: this.#ends };
  }
}

export type NormalForm = "NFC" | "NFD" | "NFKC" | "NFKD";

// A base with its combining marks, or with Hangul letters, which compose without being marks.
const COMPOSING_RUN = /[\u1100-\u11FF\uAC00-\uD7FF]+\p{M}*|\P{M}\p{M}*|\p{M}+/gu;

/**
 * Unicode normalisation. The new units of a base and its marks map to that whole group; if groups are not
 * independent, to the whole text.
 */
export function normalizeText(aligned: AlignedText, form: NormalForm): AlignedText {
  const whole = aligned.text.normalize(form);
  if (whole === aligned.text) return aligned;
  const builder = new AlignedBuilder();
  for (const match of aligned.text.matchAll(COMPOSING_RUN)) {
    const from = match.index;
    const to = from + match[0].length;
    const normalized = match[0].normalize(form);
    if (normalized === match[0]) builder.keep(aligned, from, to);
    else if (form === "NFD" || form === "NFKD") decompose(builder, aligned, match[0], from, normalized, form);
    else builder.add(normalized, aligned, from, to);
  }
  const built = builder.build();
  if (built.text === whole) return built;
  const fallback = new AlignedBuilder();
  fallback.add(whole, aligned, 0, aligned.text.length);
  return fallback.build();
}

/** Decomposition works by code point unless the marks need reordering. */
function decompose(
  builder: AlignedBuilder,
  aligned: AlignedText,
  run: string,
  from: number,
  normalized: string,
  form: NormalForm,
): void {
  const parts = Array.from(run, (character) => ({ character, text: character.normalize(form) }));
  if (parts.map((part) => part.text).join("") !== normalized) {
    builder.add(normalized, aligned, from, from + run.length);
    return;
  }
  let at = from;
  for (const { character, text } of parts) {
    builder.add(text, aligned, at, at + character.length);
    at += character.length;
  }
}
