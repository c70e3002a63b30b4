// Byte-level BPE's alphabet: every byte of UTF-8 written as one printable letter (GPT-2's table).
import { AlignedBuilder, type AlignedText } from "./aligned-text.ts";

const encoder = new TextEncoder();

// Printable Latin-1 bytes map to themselves, the other 68 to U+0100 and up.
const LETTERS: readonly string[] = (() => {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const isPrintable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    return String.fromCharCode(isPrintable ? byte : next++);
  });
})();

/** The letters in the order of GPT-2's vocabulary: those that map to themselves, then the others. */
export function byteLettersInVocabularyOrder(): string[] {
  const own = LETTERS.filter((letter, byte) => letter.charCodeAt(0) === byte);
  const counted = LETTERS.filter((letter, byte) => letter.charCodeAt(0) !== byte);
  return [...own, ...counted];
}

/** Replaces every code point by the letters of its bytes, each mapped to the whole code point. */
export function toByteLetters(text: AlignedText): AlignedText {
  const builder = new AlignedBuilder();
  let at = 0;
  for (const character of text.text) {
    const letters = Array.from(encoder.encode(character), (byte) => LETTERS[byte]).join("");
    builder.add(letters, text, at, at + character.length);
    at += character.length;
  }
  return builder.build();
}
