// Groups lines into rows of several lines separated by blank lines; reports every line like rows.ts.
import { type Defect, defect } from "./defects.ts";
import { requireForm } from "./file-kind.ts";
import { MAX_LINE_BYTES, readLines } from "./lines.ts";
import { judgeRow, type Parsed, type RowOptions, type RowOutcome, weighDefects } from "./rows.ts";

/** One line of a block; `line` counts from 1. */
export interface BlockLine {
  readonly line: number;
  readonly text: string;
}

/** How a format parses blocks. */
export interface BlockParser<T> {
  /** Whether a line carries no data and only divides blocks, like `-DOCSTART-`. */
  isMark(text: string): boolean;
  /** Whether a line is a comment; before a block it counts as a mark, within one it belongs to the block. */
  isComment?(text: string): boolean;
  /** @param index number of blocks before this one, accepted or not. */
  parse(lines: readonly BlockLine[], index: number): Parsed<T>;
  /** Reports at the end for the whole file. */
  end?(): readonly Defect[];
}

export const MAX_BLOCK_LINES = 20_000; // a block is a post or a sentence; bounds memory for a file without blank lines

const MAX_HELD_DEFECTS = 1000; // defects of lines, before the end of their block

interface OpenBlock {
  readonly line: number;
  readonly lines: BlockLine[];
  count: number;
  size: number;
  unreadable: boolean;
  readonly defects: Defect[];
}

/**
 * Reads the blocks of a file. A blank line after a block or a mark is a separator; any other is `data/blank-line`. A block may have at
 * most `maxLineBytes` bytes and 20,000 lines.
 *
 * @throws DataError `data/cannot-read`, `data/other-format`; under "strict" also the code of the first defect of severity "error".
 */
export async function* readBlocks<T>(
  path: string,
  parser: BlockParser<T>,
  options: RowOptions = {},
): AsyncGenerator<RowOutcome<T>> {
  const limit = options.maxLineBytes ?? MAX_LINE_BYTES;
  let open: OpenBlock | undefined;
  let index = 0;
  let divides = false; // whether a blank line here is a separator
  let isFirst = true;

  const close = (block: OpenBlock): RowOutcome<T> => {
    const at = { line: block.line, lines: block.count };
    const place = `${path}:${block.line}`;
    let parsed: Parsed<T> = { defects: [] };
    if (block.size > limit || block.count > MAX_BLOCK_LINES) {
      const message = `the block has ${block.count} lines and ${block.size} characters; the limits are ${MAX_BLOCK_LINES} and ${limit}`;
      parsed = { defects: [defect("data/block-too-long", place, message, block.count)] };
    } else if (!block.unreadable) {
      parsed = parser.parse(block.lines, index);
    }
    index++;
    return judgeRow(
      at,
      { value: parsed.value, defects: [...block.defects, ...parsed.defects] },
      () => [],
      options,
    );
  };

  for await (const read of readLines(path, options)) {
    if (read.kind === "file") {
      if (open) yield close(open);
      open = undefined;
      yield { kind: "file", defects: weighDefects(read.defects, options) };
      continue;
    }
    const { line } = read;
    const text = read.kind === "text" ? read.text : undefined;
    const blank = text !== undefined && /^[ \t]*$/.test(text); // other white space may be a word
    if (isFirst && text !== undefined && !blank) {
      isFirst = false;
      requireForm("conll", text, path);
    }
    const isMark = text !== undefined && (parser.isMark(text) || (!open && parser.isComment?.(text)));
    if (text !== undefined && (blank || isMark)) {
      if (open) yield close(open);
      open = undefined;
      const defects = [...read.defects];
      if (blank && !divides) {
        defects.push(
          defect("data/blank-line", `${path}:${line}`, "the line is blank but does not end a block", text),
        );
      }
      divides = !blank;
      yield { kind: blank ? "blank" : "mark", line, defects: weighDefects(defects, options) };
      continue;
    }
    divides = true;
    open ??= { line, lines: [], count: 0, size: 0, unreadable: false, defects: [] };
    open.count++;
    open.size += text?.length ?? 0;
    open.unreadable ||= text === undefined;
    open.defects.push(...read.defects);
    if (open.defects.length > MAX_HELD_DEFECTS) {
      // Defects are reported before their block, to bound memory for a file without blank lines.
      yield { kind: "file", defects: weighDefects(open.defects.splice(0), options) };
    }
    if (open.size > limit || open.count > MAX_BLOCK_LINES) open.lines.length = 0;
    else if (text !== undefined) open.lines.push({ line, text });
  }
  if (open) yield close(open);
  const defects = parser.end?.() ?? [];
  if (defects.length > 0) yield { kind: "file", defects: weighDefects(defects, options) };
}
