// Finds the column of words in a CoNLL file: the first, or the second if the first numbers tokens or blocks.
import { counted } from "../base/counted.ts";
import { openRegularFile } from "../base/regular-file.ts";
import { parseBioTag } from "./bio.ts";
import { columnsOf, isComment, isDocumentStart, isImageLine } from "./conll-lines.ts";
import { type TagColumn, tagColumnOf, tagIn } from "./conll-tag-column.ts";
import { type Defect, defect } from "./defects.ts";
import { cannotRead, cannotReadFile } from "./lines.ts";
import { readAt } from "./positioned-file.ts";
import { schemeOf, type TagScheme } from "./tag-schemes.ts";

/** A token number, a range of tokens written as one (1-2), or a node without a word (1.1), as in CoNLL-U. */
const NUMBER = /^\d{1,6}$/;
const NO_TOKEN = /^\d{1,6}[-.]\d{1,6}$/;

const LOOKED_AT_BYTES = 256 * 1024; // hundreds of blocks

/** What a first column counts: the tokens of each block, the tokens of the file, or its blocks. */
export type Numbering = "tokens" | "tokens-of-file" | "blocks";

/** How a CoNLL file is written, judged by its first blocks. */
export interface ConllLayout {
  /** What the first column counts; undefined for words. */
  readonly numbering: Numbering | undefined;
  /** Never IO: a last column without prefixes is a column of something else. */
  readonly scheme: TagScheme;
  readonly tags: TagColumn;
}

/** @param tagsField the column of the tags, counted from 1; default: found. @throws DataError `data/cannot-read`, `data/missing-column`. */
export async function layoutOf(path: string, tagsField?: string): Promise<ConllLayout> {
  const blocks = blocksOf(await firstLines(path));
  const numbering = numberingOf(blocks);
  const tags = tagColumnOf(blocks, numbering === undefined ? 1 : 2, path, tagsField);
  const scheme = schemeOf(blocks.map((block) => block.map((columns) => tagIn(columns, tags))));
  return { numbering, tags, scheme: scheme === "IO" ? "IOB2" : scheme };
}

/** A file's first lines, each of them whole. @throws DataError `data/cannot-read`. */
export async function firstLines(path: string): Promise<readonly string[]> {
  const file = await openRegularFile(path, cannotReadFile(path));
  let bytes: Buffer;
  try {
    bytes = await readAt(file, 0, LOOKED_AT_BYTES);
  } catch (error) {
    throw cannotRead(path, error);
  } finally {
    await file.close();
  }
  const lines = bytes
    .toString("utf8")
    .replace(/^\ufeff/, "")
    .split(/\r*\n/);
  return bytes.length === LOOKED_AT_BYTES ? lines.slice(0, -1) : lines; // the last may be cut
}

/** The columns of the lines of each block. */
function blocksOf(lines: readonly string[]): readonly (readonly (readonly string[])[])[] {
  const blocks: (readonly string[])[][] = [[]];
  for (const line of lines) {
    if (line.trim() === "") blocks.push([]);
    else if (!isComment(line) && !isImageLine(line) && !isDocumentStart(line))
      blocks.at(-1)?.push(columnsOf(line));
  }
  return blocks.filter((block) => block.length > 0);
}

function numberingOf(filled: readonly (readonly (readonly string[])[])[]): Numbering | undefined {
  if (filled.length === 0 || !looksLikeWords(filled.flat())) return undefined;
  if (filled.every((block) => numbersTokens(block))) return "tokens";
  if (filled.length === 1) return undefined;
  if (numbersTokens(filled.flat())) return "tokens-of-file";
  const numbersBlocks =
    filled.every((block) => followsNumbering(block, "blocks")) &&
    counts(filled.map(([first]) => first?.[0] ?? ""));
  return numbersBlocks ? "blocks" : undefined;
}

/** Whether a block's first column may be part of a file's numbering. */
export function followsNumbering(lines: readonly (readonly string[])[], numbering: Numbering): boolean {
  if (numbering === "tokens") return numbersTokens(lines);
  if (!lines.every((columns) => columns.length >= 3)) return false;
  const first = Number(lines[0]?.[0]);
  const step = numbering === "blocks" ? 0 : 1;
  return lines.every(([cell = ""], i) => NUMBER.test(cell) && Number(cell) === first + step * i);
}

/** Whether cells are 0, 1, 2 ... or 1, 2, 3 ... */
function counts(cells: readonly string[]): boolean {
  const start = Number(cells[0]);
  return (
    (start === 0 || start === 1) && cells.every((cell, i) => NUMBER.test(cell) && Number(cell) === start + i)
  );
}

/** Whether the first of three or more columns counts 0, 1, 2 ... or 1, 2, 3 ... from a block's start. */
export function numbersTokens(lines: readonly (readonly string[])[]): boolean {
  const withNumber = lines.filter(([first = ""]) => NUMBER.test(first));
  return (
    counts(withNumber.map(([first = ""]) => first)) &&
    lines.every((columns) => columns.length >= 3 && /^\d/.test(columns[0] ?? "")) &&
    lines.every(([first = ""]) => NUMBER.test(first) || NO_TOKEN.test(first))
  );
}

/** Whether the second column has words, rather than parts of speech or chunks after words that are numbers. */
export function looksLikeWords(lines: readonly (readonly string[])[]): boolean {
  return lines.some(
    ([, cell = ""]) => parseBioTag(cell) === undefined && /[\p{Ll}\p{Lo}]|\p{L}{6}/u.test(cell),
  );
}

/** Whether a line of a numbered block is not a token: a range, or an empty node. */
export function isNoToken([first = ""]: readonly string[]): boolean {
  return NO_TOKEN.test(first);
}

/** Reports once per file how its first column is read. */
export class IndexColumnNote {
  readonly #numbering: Numbering | undefined;
  #blocks = 0;
  #skipped = 0;
  #firstPlace: string | undefined;

  constructor(numbering: Numbering | undefined) {
    this.#numbering = numbering;
  }

  add(place: string, skippedLines: number): void {
    this.#blocks++;
    this.#skipped += skippedLines;
    this.#firstPlace ??= place;
  }

  defects(): readonly Defect[] {
    if (this.#firstPlace === undefined) return [];
    const blocks = `${this.#blocks} ${this.#blocks === 1 ? "block" : "blocks"}`;
    const skipped =
      this.#skipped > 0 ? `; ${counted(this.#skipped, "line")} of ranges and empty nodes left out` : "";
    const numbered = this.#numbering === "blocks" ? blocks : `the tokens of ${blocks}`;
    const message = `the first column numbers ${numbered}: the second column is read as the word${skipped}`;
    return [defect("data/index-column", this.#firstPlace, message, this.#blocks)];
  }
}
