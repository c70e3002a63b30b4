// A WordPiece vocabulary of a world: the frequent words of its texts, the words of its names, and single characters so that nothing
// is unknown.
import type { World } from "./generate.ts";
import { NAME_WORDS } from "./names.ts";

const SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] as const;
/** Places reserved for added tokens, as in BERT's vocabulary. */
const UNUSED = Array.from({ length: 8 }, (_, at) => `[unused${at}]`);
const SMALL_LETTERS_AND_DIGITS = Array.from("abcdefghijklmnopqrstuvwxyz0123456789");
const LEAST_COUNT = 2; // a word that occurs only once would not be learned
const PUNCTUATION = Array.from("!#$%&'()*+,-./:;<=>?@[]_");

/**
 * A vocabulary for the training texts of a world. It contains the words of all names, including those in
 * handles and hashtags, as a pretrained encoder knows the pieces of real names.
 */
export function worldVocabulary({ posts }: World): string[] {
  // A handle or hashtag is read as the pieces that it is made of, never as a word of its own.
  const texts = posts.train.map(({ text }) => text.replace(/[@#]\w+/gu, ""));
  return wordPieceVocabulary(texts, NAME_WORDS);
}

/**
 * Entries in the order of a `vocab.txt`, for lower-cased text: special tokens, characters, continued characters,
 * `pieces` as the beginning and the end of words, then the words that occur at least twice, most frequent
 * first.
 */
export function wordPieceVocabulary(texts: readonly string[], pieces: readonly string[] = []): string[] {
  const counts = new Map<string, number>();
  const characters = new Set([...SMALL_LETTERS_AND_DIGITS, ...PUNCTUATION]);
  for (const text of texts) {
    for (const word of wordsOf(text)) {
      counts.set(word, (counts.get(word) ?? 0) + 1);
      for (const character of word) characters.add(character);
    }
  }
  const alone = [...characters].sort();
  const known = new Set([...alone, ...pieces]);
  const frequent = [...counts]
    .filter(([word, count]) => count >= LEAST_COUNT && !known.has(word))
    .sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
    .map(([word]) => word);
  return [...SPECIAL, ...UNUSED, ...known, ...[...known].map((piece) => `##${piece}`), ...frequent];
}

/** Words as BERT's basic tokenizer sees them: lower case, split at white space and around punctuation. */
function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu) ?? [];
}
