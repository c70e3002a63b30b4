// A WordPiece vocabulary made from texts: their frequent words, and single characters so that nothing is unknown.

const SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] as const;
/** Places that a tokenizer may give to tokens of its own, as in BERT's vocabulary. */
const UNUSED = Array.from({ length: 8 }, (_, at) => `[unused${at}]`);
const SMALL_LETTERS_AND_DIGITS = Array.from("abcdefghijklmnopqrstuvwxyz0123456789");
const PUNCTUATION = Array.from("!#$%&'()*+,-./:;<=>?@[]_");

/**
 * Entries in the order of a `vocab.txt`, for lower-cased text: special tokens, characters, continued characters,
 * then the words that occur at least `minimumCount` times, the most frequent first.
 */
export function wordPieceVocabulary(texts: readonly string[], minimumCount = 2): string[] {
  const counts = new Map<string, number>();
  const characters = new Set([...SMALL_LETTERS_AND_DIGITS, ...PUNCTUATION]);
  for (const text of texts) {
    for (const word of wordsOf(text)) {
      counts.set(word, (counts.get(word) ?? 0) + 1);
      for (const character of word) characters.add(character);
    }
  }
  const pieces = [...characters].sort();
  const frequent = [...counts]
    .filter(([word, count]) => count >= minimumCount && !characters.has(word))
    .sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
    .map(([word]) => word);
  return [...SPECIAL, ...UNUSED, ...pieces, ...pieces.map((piece) => `##${piece}`), ...frequent];
}

/** Words as BERT's basic tokenizer sees them: lower case, split at white space and around punctuation. */
function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu) ?? [];
}
