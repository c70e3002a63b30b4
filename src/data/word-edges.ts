// Checks whether an offset is inside a word. In scripts without spaces, word edges are not visible.

/** Scripts without spaces between words, or (Hangul) with word endings that do not belong to a mention. */
const UNSPACED =
  /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Bopomofo}\p{scx=Hangul}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}\p{scx=Tibetan}\p{scx=Javanese}\p{scx=Balinese}\p{scx=Tai_Le}\p{scx=New_Tai_Lue}\p{scx=Tai_Tham}\p{scx=Tai_Viet}]/u;
const WORD = /^[\p{L}\p{N}\p{M}]$/u;
/** In "#AnnLee2024" a capital letter and a digit begin a word. */
const BEGINS_WORD = /^(?:\p{Ll}\p{Lu}|\p{L}\p{N}|\p{N}\p{Lu})$/u;

/** Whether there is a letter or digit on both sides of an offset (in UTF-16 code units). */
export function insideWord(text: string, offset: number): boolean {
  const [before, after] = [characterBefore(text, offset), characterAt(text, offset)];
  return WORD.test(before) && WORD.test(after);
}

/**
 * Whether a mention that starts or ends at an offset cuts a word. Within a hashtag or a user name a capital letter or a digit begins a
 * word: "#AnnLee" is two words.
 */
export function cutsWord(text: string, offset: number): boolean {
  if (!insideWord(text, offset)) return false;
  const [before, after] = [characterBefore(text, offset), characterAt(text, offset)];
  if (UNSPACED.test(before) || UNSPACED.test(after)) return false;
  return !(BEGINS_WORD.test(before + after) && /[#@]/.test(markBefore(text, offset)));
}

/** The character that begins the run of letters, digits and underscores before an offset, and the character before it. */
function markBefore(text: string, offset: number): string {
  let at = offset;
  const least = Math.max(0, offset - MAX_RUN);
  while (at > least && /[\p{L}\p{N}\p{M}_]/u.test(characterBefore(text, at))) {
    at -= characterBefore(text, at).length;
  }
  return characterBefore(text, at);
}

const MAX_RUN = 140; // no hashtag is longer; bounds the cost for a text that is one run

function characterBefore(text: string, offset: number): string {
  if (offset <= 0) return "";
  const pair = text.codePointAt(offset - 2);
  return offset >= 2 && pair !== undefined && pair > 0xffff
    ? text.slice(offset - 2, offset)
    : (text[offset - 1] ?? "");
}

function characterAt(text: string, offset: number): string {
  const point = text.codePointAt(offset);
  return point === undefined ? "" : String.fromCodePoint(point);
}
