// Guesses the language of a text: from its script where one language uses it, otherwise from function words. It says "undecided" rather than guess wildly.
import { FUNCTION_WORDS } from "./function-words.ts";
import { type Writing, writingOf } from "./scripts.ts";

/** An ISO 639-1 code, or why there is none. */
export type LanguageGuess = string;
/** Too few function words, or as many of another language. */
export const UNDECIDED = "undecided";
/** No letters. */
export const NO_LETTERS = "no letters";

/** The language of scripts that (nearly) one language uses. */
const OF_WRITING: Readonly<Partial<Record<Writing, string>>> = {
  Japanese: "ja",
  Han: "zh",
  Hangul: "ko",
  Thai: "th",
  Greek: "el",
  Hebrew: "he",
  Devanagari: "hi",
  Bengali: "bn",
  Tamil: "ta",
  Telugu: "te",
  Georgian: "ka",
  Armenian: "hy",
};

/** The script of each language's function words. */
const SCRIPT_OF: Readonly<Record<string, Writing>> = {
  ru: "Cyrillic",
  uk: "Cyrillic",
  bg: "Cyrillic",
  ar: "Arabic",
  fa: "Arabic",
  ur: "Arabic",
};

const LEAST_WEIGHT = 1;
const LEAST_WORDS = 2;
const LEAST_LEAD = 1.5;
/** Single letters are abbreviations and rests of words (the s of "Ann 's") more often than words; a pair of capitals is a state. */
const NO_FUNCTION_WORD = /^(?:[b-df-hj-np-xz]|\p{Lu}{2})$/u;

const LANGUAGES = Object.keys(FUNCTION_WORDS);
/** The languages of each word, by position in `LANGUAGES`. */
const WORDS = new Map<string, number[]>();
for (const [at, language] of LANGUAGES.entries()) {
  for (const word of new Set(FUNCTION_WORDS[language]?.split(" "))) {
    const known = WORDS.get(word);
    if (known) known.push(at);
    else WORDS.set(word, [at]);
  }
}

/** What is not language: links, user names, hashtags. */
const NOT_WORDS = /https?:\/\/\S+|[@#][\p{L}\p{N}_]+/gu;
const WORD = /[\p{L}\p{M}]+(?:['’][\p{L}\p{M}]+)?/gu;

/**
 * The language of a text. A word that n languages share counts 1/n for each; the best one needs two different words, a weight of 1, and 1.5
 * times that of the second.
 *
 * @param writing as `writingOf` gives it
 */
export function languageOf(text: string, { main } = writingOf(text)): LanguageGuess {
  if (main === undefined) return NO_LETTERS;
  const only = OF_WRITING[main];
  if (only !== undefined) return only;
  const weights = new Float64Array(LANGUAGES.length);
  const different = new Uint16Array(LANGUAGES.length);
  const counted = new Set<string>();
  for (const [written] of text.replace(NOT_WORDS, " ").matchAll(WORD)) {
    if (NO_FUNCTION_WORD.test(written)) continue;
    const word = written.toLowerCase().replaceAll("’", "'");
    const languages = WORDS.get(word);
    if (languages === undefined) continue;
    const isNew = !counted.has(word);
    counted.add(word);
    for (const at of languages) {
      weights[at] = (weights[at] ?? 0) + 1 / languages.length;
      if (isNew) different[at] = (different[at] ?? 0) + 1;
    }
  }
  let [best, first, second] = [-1, 0, 0];
  for (const [at, weight] of weights.entries()) {
    if ((SCRIPT_OF[LANGUAGES[at] ?? ""] ?? "Latin") !== main) continue;
    if (weight > first) [best, first, second] = [at, weight, first];
    else if (weight > second) second = weight;
  }
  const isSure =
    first >= LEAST_WEIGHT && first >= LEAST_LEAD * second && (different[best] ?? 0) >= LEAST_WORDS;
  return isSure ? (LANGUAGES[best] ?? UNDECIDED) : UNDECIDED;
}
