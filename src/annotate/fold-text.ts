// Folds a text so that spellings of the same mention become equal, and remembers where every character came from.
// Two ways: "spelling" ignores case, Unicode forms, typographic signs and the kind of white space; "spacing" also ignores all white space.
import type { Span } from "../data/document.ts";

/** What a folding ignores. */
export type Folding = "spelling" | "spacing";

/** A folded text with the way back. */
export interface FoldedText {
  readonly text: string;
  /** For every code unit of `text` and for its end: the offset in the original if a character begins there, else -1. */
  readonly origins: Int32Array;
}

const characters = new Intl.Segmenter("und", { granularity: "grapheme" });

const QUOTES = /[\u2018-\u201b\u02bc\u02bb\u2032\u00b4`\uff07]/gu;
const DOUBLE_QUOTES = /[\u201c-\u201f\u2033\u00ab\u00bb\u300c-\u300f\uff02]/gu;
const DASHES = /[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]/gu;
/** They take no room on a screen: soft hyphens, joiners, variation selectors, marks of direction, halves of a broken emoji. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}|\ufffd|\p{Surrogate}/gu;
const SPACE = /^\s+$/u;

/**
 * Folds a text character by character (grapheme clusters), so that a match never ends inside an accented letter or an emoji.
 *
 * @example
 * foldText("New\u00a0YORK", "spelling").text; // "new york"
 */
export function foldText(original: string, folding: Folding): FoldedText {
  let text = "";
  const origins: number[] = [];
  for (const { segment, index } of characters.segment(original)) {
    const folded = foldCharacter(segment);
    if (folded === "") continue;
    if (SPACE.test(folded)) {
      if (folding === "spacing" || text === "" || text.endsWith(" ")) continue;
      origins.push(index);
      text += " ";
      continue;
    }
    origins.push(index);
    for (let unit = 1; unit < folded.length; unit++) origins.push(-1);
    text += folded;
  }
  origins.push(original.length);
  return { text, origins: Int32Array.from(origins) };
}

/** A character in its folded form; empty if it is invisible. */
function foldCharacter(character: string): string {
  // Almost all characters are plain ASCII, for which nothing else can change.
  if (character.length === 1 && character < "\u0080")
    return character === "`" ? "'" : character.toLowerCase();
  return character
    .replace(INVISIBLE, "")
    .normalize("NFKC")
    .toLowerCase()
    .normalize("NFKC")
    .replaceAll("\u03c2", "\u03c3") // the Greek sigma at the end of a word
    .replace(QUOTES, "'")
    .replace(DOUBLE_QUOTES, '"')
    .replace(DASHES, "-");
}

/** The mention in its folded form, without space at its ends. */
export function foldMention(mention: string, folding: Folding): string {
  return foldText(mention, folding).text.trim();
}

/** All places of a folded mention in a folded text, from left to right; they do not overlap. */
export function placesInFolded(
  original: string,
  { text, origins }: FoldedText,
  mention: string,
): readonly Span[] {
  const places: Span[] = [];
  if (mention === "") return places;
  for (let at = text.indexOf(mention); at !== -1; ) {
    const start = origins[at] ?? -1;
    const end = origins[at + mention.length] ?? -1;
    const holds = start >= 0 && end >= 0;
    // What follows a mention may be white space or invisible: it does not belong to it.
    if (holds) places.push({ start, end: endWithoutSpace(original, start, end) });
    at = text.indexOf(mention, holds ? at + mention.length : at + 1);
  }
  return places;
}

const TRAILING = /(?:\s|\p{Default_Ignorable_Code_Point}|\ufffd)+$/u;

function endWithoutSpace(original: string, start: number, end: number): number {
  const trailing = TRAILING.exec(original.slice(start, end));
  return trailing === null || trailing.index === 0 ? end : start + trailing.index;
}
