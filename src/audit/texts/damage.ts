// Finds text that was read in the wrong encoding: UTF-8 taken for Windows-1252 ("cafÃ©"), and characters that were lost.

/** Bytes of Windows-1252 from 0x80 to 0x9f; the five that it leaves open stand for control characters. */
const HIGH = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";
const BYTES = new Map<number, number>();
for (let byte = 0x80; byte <= 0x9f; byte++) {
  BYTES.set(HIGH.charCodeAt(byte - 0x80), byte);
  BYTES.set(byte, byte); // read as ISO 8859-1
}
for (let byte = 0xa0; byte <= 0xff; byte++) BYTES.set(byte, byte);

const RUN = /[^\0-\x7f]{2,}/gu;
const decoder = new TextDecoder("utf-8", { fatal: true });
/**
 * What such a run may become: letters with accents, typographic marks, emoji, and other scripts. Without this, "É”" would be taken for a
 * damaged ɔ.
 */
const PLAUSIBLE =
  /^[\u00a0-\u017f\u2010-\u203a\u20ac\u2122\p{Emoji_Presentation}\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Devanagari}]+$/u;

/** The first piece of mojibake in a text with what was meant; undefined if there is none. */
export function mojibakeIn(text: string): { readonly found: string; readonly meant: string } | undefined {
  for (const [run] of text.matchAll(RUN)) {
    const meant = decodedRun(run);
    if (meant !== undefined) return { found: run, meant };
  }
  return undefined;
}

function decodedRun(run: string): string | undefined {
  const bytes = new Uint8Array(run.length);
  for (let i = 0; i < run.length; i++) {
    const byte = BYTES.get(run.charCodeAt(i));
    if (byte === undefined) return undefined;
    bytes[i] = byte;
  }
  try {
    const meant = decoder.decode(bytes);
    return PLAUSIBLE.test(meant) ? meant : undefined;
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** Number of replacement characters (U+FFFD): each stands for bytes that are lost. */
export function replacementsIn(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\ufffd"); at !== -1; at = text.indexOf("\ufffd", at + 1)) count++;
  return count;
}

const NO_CONTENT = /https?:\/\/\S*|[@#][\p{L}\p{N}_]+|(?:^|\s)RT(?=\s)/gu;
const WORD = /[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*/gu;

/** Number of words besides links, user names, hashtags and "RT"; in scripts without spaces, of characters. */
export function contentWords(text: string): number {
  const rest = text.replace(NO_CONTENT, " ");
  const unspaced = rest.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/gu);
  return (unspaced?.length ?? 0) > 0 ? (unspaced?.length ?? 0) : (rest.match(WORD)?.length ?? 0);
}
