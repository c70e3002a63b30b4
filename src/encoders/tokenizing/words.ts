// Cuts raw text into words the way the tweet corpora are cut: links, mentions, numbers and emoji stay whole, the hash
// sign, punctuation and English clitics stand alone.
import { EncoderError } from "../../errors.ts";

/** A word and its half-open UTF-16 range; `text` is exactly that slice of the original. */
export interface Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

// Scripts written without spaces are cut into single characters (Han, kana); there is no dictionary here.
const UNSPACED = "(?![\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}])";
const LETTER = `(?:${UNSPACED}[\\p{L}\\p{N}_]\\p{M}*)`;
const PICTURE = "\\p{Extended_Pictographic}(?:\\uFE0F|\\p{Emoji_Modifier})?[\\u{E0020}-\\u{E007F}]*\\u20E3?";

const WORD = new RegExp(
  [
    // Links end before closing punctuation.
    `(?:https?://|www\\.)[^\\s<>"]*[^\\s<>".,!?;:'()\\[\\]{}\\u2026\\u2019\\u201D]`,
    `${LETTER}(?:[.+-]?${LETTER})*@${LETTER}+(?:[.-]${LETTER}+)*\\.${LETTER}+`,
    `@[\\p{L}\\p{N}_]+`,
    // Flags, keycaps, pictures joined by zero-width joiners.
    "\\p{Regional_Indicator}{2}",
    "[0-9#*]\\uFE0F?\\u20E3",
    `${PICTURE}(?:\\u200D${PICTURE})*`,
    // Markup entities as the corpora leave them, clitics, abbreviations, numbers with separators.
    "&(?:amp|lt|gt|quot|#\\d+);",
    `(?<=[\\p{L}\\p{M}])['\\u2019](?:s|m|d|re|ve|ll)(?![\\p{L}\\p{N}])`,
    `[A-Za-z]+(?=n['\\u2019]t(?![\\p{L}\\p{N}]))`,
    `(?<=[A-Za-z])n['\\u2019]t(?![\\p{L}\\p{N}])`,
    "(?:\\p{L}\\.){2,}",
    "\\p{Nd}+(?:[.,:]\\p{Nd}+)+",
    `${LETTER}+(?:[-\\u2010\\u2011]${LETTER}+|['\\u2019](?!(?:s|m|d|re|ve|ll)(?![\\p{L}\\p{N}]))${LETTER}+)*`,
    // A run of one mark ("...", "!!!"), else a single character with the marks on it.
    "([.!?*=~_-])\\1+",
    "\\S\\p{M}*",
  ].join("|"),
  "giu",
);

/**
 * The words of `text` in order; white space between them belongs to none.
 *
 * @example
 * splitWords("UK's @AFP").map((word) => word.text); // ["UK", "'s", "@AFP"]
 */
export function splitWords(text: string): Word[] {
  return Array.from(text.matchAll(WORD), (match) => ({
    text: match[0],
    start: match.index,
    end: match.index + match[0].length,
  }));
}

/**
 * Words with offsets. Bare strings are taken as joined by one space, as the readers of tokenised corpora join them.
 *
 * @throws EncoderError `encoder/word-offsets` when a word's range has not the length of its text.
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
        message: `locateWords: word ${i} ${JSON.stringify(word.text)} has ${word.text.length} UTF-16 units, its range [${word.start}, ${word.end}) has ${word.end - word.start}`,
        place: `words[${i}]`,
        value: word,
        remedy: "Give half-open ranges in UTF-16 units whose slices are the words.",
      });
    }
    at = word.end + 1;
    return word;
  });
}
