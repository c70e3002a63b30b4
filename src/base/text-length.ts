// Limits the length of a text that one call reads, because time and memory grow with it.
import { DataError } from "./errors.ts";

/** Default limit in UTF-16 units: a long book. */
export const MAX_TEXT_LENGTH = 1_000_000;

/** @throws DataError `data/text-too-long` */
export function requireTextLength(text: string, maxTextLength = MAX_TEXT_LENGTH): void {
  if (text.length <= maxTextLength) return;
  throw new DataError({
    code: "data/text-too-long",
    message: `the text has ${text.length} UTF-16 units; the limit is ${maxTextLength}`,
    place: "text",
    value: text.length,
    remedy: "Split the text, or raise maxTextLength (--max-text-length).",
  });
}
