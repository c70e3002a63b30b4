// Reads the text of a table, in UTF-8 or UTF-16, without byte order mark and without the `sep=` line of Excel.
import { binaryKind, HEAD_BYTES, otherKind } from "../file-kind.ts";
import { readFileBytes } from "../file-text.ts";
import { guessSeparator } from "./csv.ts";

/** The text of a table. */
export interface TableText {
  readonly text: string;
  readonly separator: string;
  /** Number of lines before the header: Excel's `sep=` line. */
  readonly skipped: number;
}

/** @throws DataError `data/cannot-read`, `data/file-too-large`, `data/other-format` if it is not text in UTF-8 or UTF-16. */
export async function readTableText(path: string, signal?: AbortSignal): Promise<TableText> {
  return tableText(decoded(await readFileBytes(path, signal), path));
}

/** The text without mark and `sep=` line, and its separator. */
export function tableText(given: string): TableText {
  const text = given.replace(/^\ufeff+/, "");
  const [declaration, separator] = /^"?sep=(.)"?(?:\r\n|\n|\r)/i.exec(text) ?? [];
  if (declaration !== undefined && separator !== undefined)
    return { text: text.slice(declaration.length), separator, skipped: 1 };
  return { text, separator: guessSeparator(text), skipped: 0 };
}

/** The text of bytes in UTF-16 with a byte order mark, or in UTF-8. */
export function decodeTable(bytes: Uint8Array, isWhole: boolean): string | undefined {
  const [first, second] = bytes;
  const encoding =
    first === 0xff && second === 0xfe ? "utf-16le" : first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes, { stream: !isWhole });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return undefined;
  }
}

function decoded(bytes: Uint8Array, path: string): string {
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  const kind = isUtf16 ? undefined : binaryKind(bytes.subarray(0, HEAD_BYTES));
  if (kind) throw otherKind(path, kind);
  const text = decodeTable(bytes, true);
  if (text !== undefined) return text;
  throw otherKind(path, {
    what: isUtf16
      ? "not valid UTF-16"
      : "not text in UTF-8: Excel may have saved it in the encoding of Windows",
    remedy: isUtf16
      ? "Save it again as UTF-8."
      : "Save it as CSV UTF-8, or convert it: iconv -f WINDOWS-1252 -t UTF-8 in.csv > out.csv",
  });
}
