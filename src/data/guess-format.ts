// Guesses a file's format from its content. Formats are asked in the order of the table; relata's own is what no other recognises.
import type { DocumentFormat } from "./document-format.ts";
import { sampleFile } from "./file-sample.ts";

/** The name of a format that stands for "guess it". */
export const AUTO = "auto";

/**
 * The first of the formats that recognises a file or folder, or else relata's own, whose reader says what the file is instead.
 *
 * @throws DataError `data/cannot-read`
 */
export async function guessFormat(
  path: string,
  formats: readonly DocumentFormat[],
  fallback: DocumentFormat,
): Promise<DocumentFormat> {
  const sample = await sampleFile(path);
  return formats.find((format) => format.recognises?.(sample) === true) ?? fallback;
}
