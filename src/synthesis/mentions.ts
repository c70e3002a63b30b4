// Finds the instance's mentions in a generated text: whole words, ignoring case and the encoding of accents
// and spaces.
import type { TextSpan } from "./view.ts";

/**
 * Finds the positions of the mentions, in order; undefined if one is missing. Mentions may overlap if
 * necessary, but two equal ones need two positions.
 */
export function locateMentions(text: string, mentions: readonly string[]): readonly TextSpan[] | undefined {
  const folded = fold(text);
  const taken: { readonly index: number; readonly span: TextSpan }[] = [];
  // Places long ones first: "New York Times" leaves "York" another position, if there is one.
  const byLength = mentions.map((mention, index) => ({ mention, index }));
  byLength.sort((a, b) => b.mention.length - a.mention.length || a.index - b.index);
  for (const { mention, index } of byLength) {
    const places = placesOf(folded, mention);
    const isFree = (place: TextSpan) =>
      taken.every(({ span }) => place.end <= span.start || place.start >= span.end);
    const isNew = (place: TextSpan) =>
      taken.every(({ span }) => place.start !== span.start || place.end !== span.end);
    const span = places.find(isFree) ?? places.find(isNew);
    if (span === undefined) return undefined;
    taken.push({ index, span });
  }
  return taken.sort((a, b) => a.index - b.index).map(({ span }) => span);
}

interface Folded {
  readonly text: string;
  /** For every code unit of `text`, the start of its character in the original; plus one for the end. */
  readonly starts: readonly number[];
}

/**
 * Composes characters (NFC) and replaces typographic apostrophes and hyphens; keeps the origin of every
 * character.
 */
function fold(original: string): Folded {
  let text = "";
  const starts: number[] = [];
  for (const match of original.matchAll(/[\s\S]\p{M}*/gu)) {
    const composed = foldCharacter(match[0]);
    for (let i = 0; i < composed.length; i++) starts.push(match.index);
    text += composed;
  }
  starts.push(original.length);
  return { text, starts };
}

function foldCharacter(character: string): string {
  return character
    .normalize("NFC")
    .replace(/[\u2018\u2019\u02bc]/gu, "'")
    .replace(/[\u2010\u2011]/gu, "-");
}

function placesOf({ text, starts }: Folded, mention: string): readonly TextSpan[] {
  const pattern = patternOf(fold(mention.trim()).text);
  if (pattern === undefined) return [];
  return Array.from(text.matchAll(pattern), (match) => ({
    start: starts[match.index] ?? 0,
    end: starts[match.index + match[0].length] ?? 0,
  }));
}

const WORD = String.raw`[\p{L}\p{N}\p{M}_]`;
/** Scripts without spaces between words, where an adjacent letter may belong to another word. */
const UNSPACED = String.raw`[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]`;
const isWord = new RegExp(WORD, "u");
const isUnspaced = new RegExp(UNSPACED, "u");

/**
 * White space in a mention matches any white space, and may be absent next to punctuation ("1 . FC" is "1.
 * FC" in running text).
 */
function patternOf(mention: string): RegExp | undefined {
  const words = mention.split(/\s+/u).filter((word) => word !== "");
  const [first] = words[0] ?? "";
  const last = [...(words.at(-1) ?? "")].at(-1);
  if (first === undefined || last === undefined) return undefined;
  let source = needsBoundary(first) ? `(?<!${WORD})` : "";
  for (const [i, word] of words.entries()) {
    if (i > 0) {
      const before = [...(words[i - 1] ?? "")].at(-1) ?? "";
      const [after = ""] = word;
      source += isWord.test(before) && isWord.test(after) ? String.raw`\s+` : String.raw`\s*`;
    }
    source += word.replace(/[\\^$.*+?()[\]{}|/]/gu, (sign) => `\\${sign}`);
  }
  if (needsBoundary(last)) source += `(?!${WORD})`;
  return new RegExp(source, "giu");
}

function needsBoundary(character: string): boolean {
  return isWord.test(character) && !isUnspaced.test(character);
}
