// What training and generation share: the sizes of the model, and how a text is read.

/** Pictures are square, with three channels. */
export const SIDE = 32;
export const PIXELS = SIDE * SIDE * 3;
/** Random numbers from which a picture is made. */
export const LATENT = 16;
/** Width of what the words say. */
export const CONDITION = 32;

/** The words of a text in lower case. */
export function wordsOf(text) {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}
