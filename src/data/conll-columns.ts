// Which column of a CoNLL file holds the words: the first, or the second where the first numbers the tokens of every block.
import { openRegularFile } from "../regular-file.ts";
import { parseBioTag } from "./bio.ts";
import { columnsOf, isComment, isDocumentStart, isImageLine } from "./conll-lines.ts";
import { type Defect, defect } from "./defects.ts";
import { cannotRead, cannotReadFile } from "./lines.ts";
import { readAt } from "./positioned-file.ts";

/** The number of a token, a range of tokens that are written as one (1-2), or a node without a word (1.1), as CoNLL-U has them. */
const NUMBER = /^\d{1,6}$/;
const NO_TOKEN = /^\d{1,6}[-.]\d{1,6}$/;

const LOOKED_AT_BYTES = 256 * 1024; // hundreds of blocks

/** Whether a CoNLL file's first column numbers the tokens, by its first blocks. @throws DataError `data/cannot-read`. */
export async function hasIndexColumn(path: string): Promise<boolean> {
  const file = await openRegularFile(path, cannotReadFile("readConll", path));
  let bytes: Buffer;
  try {
    bytes = await readAt(file, 0, LOOKED_AT_BYTES);
  } catch (error) {
    throw cannotRead("readConll", path, error);
  } finally {
    await file.close();
  }
  const lines = bytes
    .toString("utf8")
    .replace(/^\ufeff/, "")
    .split(/\r*\n/);
  if (bytes.length === LOOKED_AT_BYTES) lines.pop(); // it may be cut
  const blocks: (readonly string[])[][] = [[]];
  for (const line of lines) {
    if (line.trim() === "") blocks.push([]);
    else if (!isComment(line) && !isImageLine(line) && !isDocumentStart(line))
      blocks.at(-1)?.push(columnsOf(line));
  }
  const filled = blocks.filter((block) => block.length > 0);
  return filled.length > 0 && filled.every(numbersTokens) && looksLikeWords(filled.flat());
}

/** Whether the first of three columns or more counts 0, 1, 2 ... or 1, 2, 3 ... from a block's start. */
export function numbersTokens(lines: readonly (readonly string[])[]): boolean {
  const counted = lines.filter(([first = ""]) => NUMBER.test(first));
  const start = Number(counted[0]?.[0]);
  return (
    (start === 0 || start === 1) &&
    lines.every((columns) => columns.length >= 3 && /^\d/.test(columns[0] ?? "")) &&
    lines.every(([first = ""]) => NUMBER.test(first) || NO_TOKEN.test(first)) &&
    counted.every(([first], i) => Number(first) === start + i)
  );
}

/** Whether second columns are words: not the parts of speech or chunks that stand behind words which are numbers themselves. */
export function looksLikeWords(lines: readonly (readonly string[])[]): boolean {
  return lines.some(
    ([, cell = ""]) => parseBioTag(cell) === undefined && /[\p{Ll}\p{Lo}]|\p{L}{6}/u.test(cell),
  );
}

/** Whether a line of a numbered block is no token: a range, or an empty node. */
export function isNoToken([first = ""]: readonly string[]): boolean {
  return NO_TOKEN.test(first);
}

/** Says once per file what is made of its first column. */
export class IndexColumnNote {
  #blocks = 0;
  #skipped = 0;
  #firstPlace: string | undefined;

  add(place: string, skippedLines: number): void {
    this.#blocks++;
    this.#skipped += skippedLines;
    this.#firstPlace ??= place;
  }

  defects(): readonly Defect[] {
    if (this.#firstPlace === undefined) return [];
    const blocks = `${this.#blocks} ${this.#blocks === 1 ? "block" : "blocks"}`;
    const skipped =
      this.#skipped > 0 ? `; ${this.#skipped} lines of ranges and empty nodes are left out` : "";
    const message = `the first column numbers the tokens of ${blocks}: the second is read as the word${skipped}`;
    return [defect("data/index-column", this.#firstPlace, message, this.#blocks)];
  }
}
