// Splits raw text into words like the tweet corpora: links, mentions, numbers and emoji stay whole; the
// hash sign, punctuation and English clitics are separate words.
import { EncoderError } from "../../base/errors.ts";
import { atOnce, type Pausable } from "../../base/turns.ts";

/** A word and its half-open UTF-16 range; `text` is exactly that slice of the original. */
export interface Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

// Scripts written without spaces (Han, kana) are split into single characters; there is no dictionary.
const UNSPACED = "(?![\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}])";
const LETTER = `(?:${UNSPACED}[\\p{L}\\p{N}_]\\p{M}*)`;
const PICTURE = "\\p{Extended_Pictographic}(?:\\uFE0F|\\p{Emoji_Modifier})?[\\u{E0020}-\\u{E007F}]*\\u20E3?";

const WORD_KINDS = [
  // Links end before closing punctuation.
  `(?:https?://|www\\.)[^\\s<>"]*[^\\s<>".,!?;:'()\\[\\]{}\\u2026\\u2019\\u201D]`,
  // The part before the sign is bounded, as in the standard: otherwise every letter of "a+a+a+..." would
  // scan the rest.
  `${LETTER}(?:[.+-]?${LETTER}){0,63}@${LETTER}+(?:[.-]${LETTER}+)*\\.${LETTER}+`,
  `@[\\p{L}\\p{N}_]+`,
  // Flags, keycaps, pictures joined by zero-width joiners.
  "\\p{Regional_Indicator}{2}",
  "[0-9#*]\\uFE0F?\\u20E3",
  `${PICTURE}(?:\\u200D${PICTURE})*`,
  // Markup entities left in the corpora, clitics, abbreviations, numbers with separators.
  "&(?:amp|lt|gt|quot|#\\d+);",
  `(?<=[\\p{L}\\p{M}])['\\u2019](?:s|m|d|re|ve|ll)(?![\\p{L}\\p{N}])`,
  `[A-Za-z]+(?=n['\\u2019]t(?![\\p{L}\\p{N}]))`,
  `(?<=[A-Za-z])n['\\u2019]t(?![\\p{L}\\p{N}])`,
  "(?:\\p{L}\\.){2,}",
  "\\p{Nd}+(?:[.,:]\\p{Nd}+)+",
  `${LETTER}+(?:[-\\u2010\\u2011]${LETTER}+|['\\u2019](?!(?:s|m|d|re|ve|ll)(?![\\p{L}\\p{N}]))${LETTER}+)*`,
  // A run of one mark ("...", "!!!"), else a single character with its marks.
  "([.!?*=~_-])\\1+",
  "\\S\\p{M}*",
].join("|");

const WORD = new RegExp(WORD_KINDS, "giu");

/**
 * The words of `text` in order; white space between them belongs to none. The work is linear in the text's length.
 *
 * @example
 * import { splitWords } from "relata/tokenizing";
 *
 * splitWords("UK's @AFP").map((word) => word.text); // ["UK", "'s", "@AFP"]
 */
export function splitWords(text: string): Word[] {
  return atOnce(splittingWords(text));
}

/** `splitWords` as a generator that can pause. */
export function splittingWords(text: string): Pausable<Word[]> {
  return splittingBy(WORD, text);
}

/** Splits raw text into words, as a generator that can pause. */
export type WordSplitter = (text: string) => Pausable<Word[]>;

/**
 * `splittingWords` that keeps some strings whole: a tokenizer's added tokens, such as `<user>`. Published
 * tokenizers match these first, too.
 */
export function wordSplitter(whole: readonly string[]): WordSplitter {
  const cut = whole.filter((one) => !/\s/.test(one) && splitWords(one).length > 1);
  if (cut.length === 0) return splittingWords;
  const literals = cut
    .sort((a, b) => b.length - a.length)
    .map((one) => one.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&"));
  const pattern = new RegExp(`${literals.join("|")}|${WORD_KINDS}`, "giu");
  return (text) => splittingBy(pattern, text);
}

function* splittingBy(pattern: RegExp, text: string): Pausable<Word[]> {
  const words: Word[] = [];
  for (const match of text.matchAll(pattern)) {
    if (words.length % WORDS === WORDS - 1) yield;
    words.push({ text: match[0], start: match.index, end: match.index + match[0].length });
  }
  return cutLongWords(words);
}

/** Words between two pauses. */
const WORDS = 512;

/**
 * Maximum UTF-16 units of a word. Real words are shorter, but a text without spaces could be one word: this
 * bounds the input of normalising and merging.
 */
export const MAX_WORD_LENGTH = 1000;

/** Splits words longer than `MAX_WORD_LENGTH`, never within a surrogate pair; other words are unchanged. */
export function cutLongWords(words: readonly Word[]): Word[] {
  if (words.every(({ text }) => text.length <= MAX_WORD_LENGTH)) return words as Word[];
  return words.flatMap((word) => {
    const parts: Word[] = [];
    for (let from = 0; from < word.text.length; ) {
      let to = Math.min(from + MAX_WORD_LENGTH, word.text.length);
      if (to < word.text.length && isHighSurrogate(word.text.charCodeAt(to - 1))) to--;
      parts.push({ text: word.text.slice(from, to), start: word.start + from, end: word.start + to });
      from = to;
    }
    return parts;
  });
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}

/**
 * Adds offsets to words. Plain strings count as joined by one space, as in the readers of tokenised corpora.
 *
 * @throws EncoderError `encoder/word-offsets` if a word's range does not have the length of its text.
 */
export function locateWords(words: readonly (string | Word)[]): Word[] {
  let at = 0;
  return words.map((word, i) => {
    if (typeof word === "string") {
      const located = { text: word, start: at, end: at + word.length };
      at = located.end + 1;
      return located;
    }
    if (word.end - word.start !== word.text.length) {
      throw new EncoderError({
        code: "encoder/word-offsets",
        message: `word ${i} ${JSON.stringify(word.text)} has ${word.text.length} UTF-16 units, but its range [${word.start}, ${word.end}) has ${word.end - word.start}`,
        place: `words[${i}]`,
        value: word,
        remedy: "Give half-open ranges in UTF-16 units that cover exactly the words.",
      });
    }
    at = word.end + 1;
    return word;
  });
}
