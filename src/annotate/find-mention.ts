// Finds a mention, given as a string, in the text of a post: as written first, then with less and less care for how it is spelled.
// Offsets are never taken from anybody: they follow from the string. Every step below "exact" is named in the result, so it can be counted.
import type { Span } from "../data/document.ts";
import { type FoldedText, type Folding, foldMention, foldText, placesInFolded } from "./fold-text.ts";

/**
 * How a mention was found: "exact"; "spelling": except for case, Unicode forms, typographic signs and the kind of white space;
 * "spacing": except for white space, too; "trimmed": in one of these ways, without some punctuation at its ends.
 */
export type MatchKind = "exact" | "spelling" | "spacing" | "trimmed";

/** The places of a mention at the first step at which there are any. */
export interface MentionPlaces {
  readonly kind: MatchKind;
  /** Whether they begin or end inside a word, because no place of whole words was found. */
  readonly insideWord: boolean;
  /** From left to right. */
  readonly places: readonly Span[];
}

const WORD = /[\p{L}\p{N}\p{M}_]/u;
/** Scripts without spaces between words, where the neighbour may belong to another word. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const CHARACTERS = new Intl.Segmenter("und", { granularity: "grapheme" });
/** Punctuation, quotes, brackets, `#`, `@`, space, and broken characters around a mention. */
const EDGE = /^[\p{P}\s#@`^~\ufffd\p{Surrogate}]$/u;
/** More of them on one side are not around a mention, but a text of their own. */
const MAX_EDGE = 4;

/** A mention without some of the punctuation at its ends, the longest form first: "U.S.." is "U.S." before it is "U.S". */
function trimmedForms(mention: string): readonly string[] {
  const signs = [...mention];
  const isEdge = (sign: string | undefined) => sign !== undefined && EDGE.test(sign);
  let [before, after] = [0, 0];
  while (before < MAX_EDGE && isEdge(signs[before])) before++;
  while (after < MAX_EDGE && isEdge(signs.at(-1 - after))) after++;
  const forms = new Map<string, number>();
  for (let left = 0; left <= before; left++) {
    for (let right = 0; right <= after; right++) {
      const form = signs
        .slice(left, signs.length - right)
        .join("")
        .trim();
      if (left + right > 0 && form !== "" && form !== mention && !forms.has(form))
        forms.set(form, left + right);
    }
  }
  return [...forms].sort((a, b) => a[1] - b[1]).map(([form]) => form);
}

/** A text to find mentions in; folds it once. */
export class MentionFinder {
  readonly text: string;
  readonly #folded = new Map<Folding, FoldedText>();
  /** Offsets at which a character, as a reader sees it, begins. */
  readonly #starts: ReadonlySet<number>;

  constructor(text: string) {
    this.text = text;
    this.#starts = new Set([...CHARACTERS.segment(text)].map(({ index }) => index)).add(text.length);
  }

  #foldedText(folding: Folding): FoldedText {
    const known = this.#folded.get(folding) ?? foldText(this.text, folding);
    this.#folded.set(folding, known);
    return known;
  }

  /**
   * All steps at which the mention has places, the strictest first; places of whole words before places inside words.
   *
   * @returns empty if it is nowhere
   */
  find(mention: string): readonly MentionPlaces[] {
    const given = mention.trim();
    if (given === "") return [];
    // "UK." in a text with "UK ." is "UK": sentence ends and quotes are dropped before spaces are.
    const forms = trimmedForms(given);
    const ways: readonly { readonly kind: MatchKind; readonly places: readonly Span[] }[] = [
      { kind: "exact", places: this.#placesAsWritten(given) },
      { kind: "spelling", places: this.#placesFolded(given, "spelling") },
      ...forms.flatMap((form) => [
        { kind: "trimmed" as const, places: this.#placesAsWritten(form) },
        { kind: "trimmed" as const, places: this.#placesFolded(form, "spelling") },
      ]),
      { kind: "spacing", places: this.#placesFolded(given, "spacing") },
      ...forms.map((form) => ({ kind: "trimmed" as const, places: this.#placesFolded(form, "spacing") })),
    ];
    const whole = ways.map(({ kind, places }) => ({
      kind,
      insideWord: false,
      places: places.filter((place) => isWholeWords(this.text, place)),
    }));
    const inside = ways.map(({ kind, places }) => ({ kind, insideWord: true, places }));
    return [...whole, ...inside].filter(({ places }) => places.length > 0);
  }

  #placesAsWritten(mention: string): readonly Span[] {
    const places: Span[] = [];
    for (let at = this.text.indexOf(mention); at !== -1; ) {
      const end = at + mention.length;
      const isWhole = this.#starts.has(at) && this.#starts.has(end); // not half of an emoji or of an accented letter
      if (isWhole) places.push({ start: at, end });
      at = this.text.indexOf(mention, isWhole ? end : at + 1);
    }
    return places;
  }

  #placesFolded(mention: string, folding: Folding): readonly Span[] {
    return placesInFolded(this.text, this.#foldedText(folding), foldMention(mention, folding));
  }
}

function isWholeWords(text: string, { start, end }: Span): boolean {
  return !joins(text, start) && !joins(text, end);
}

/** Whether the characters on both sides of an offset belong to one word. */
function joins(text: string, at: number): boolean {
  if (at <= 0 || at >= text.length) return false;
  const before = [...text.slice(Math.max(0, at - 2), at)].at(-1) ?? "";
  const [after = ""] = text.slice(at, at + 2);
  return WORD.test(before) && WORD.test(after) && !UNSPACED.test(before) && !UNSPACED.test(after);
}
