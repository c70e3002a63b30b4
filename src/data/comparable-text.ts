// The form of a text in which copies of it are equal.

/** Normalises white space, case and the form of accents, in which copies of a text often differ. */
export function comparableText(text: string): string {
  return text.normalize("NFC").toLowerCase().replace(/\s+/gu, " ").trim();
}
