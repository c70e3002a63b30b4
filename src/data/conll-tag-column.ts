// Finds the column of tags in a CoNLL file with several: the last, unless only another has tags, or the user names another.
import { DataError } from "../base/errors.ts";
import { type Defect, defect, quote } from "./defects.ts";
import { parseSchemeTag } from "./tag-schemes.ts";

/** Where the tags of a file are. */
export interface TagColumn {
  /** Counted from 0; undefined for the last column of each line. */
  readonly column: number | undefined;
  /** The file's number of columns, if all looked-at lines have the same. */
  readonly width: number | undefined;
  /** Other columns that look like tags of entities, counted from 0. */
  readonly others: readonly number[];
  /** Whether the user named the column. */
  readonly isNamed: boolean;
}

/** The labels of chunks in CoNLL-2000 and CoNLL-2003, whose column precedes that of the entities. */
const CHUNKS: ReadonlySet<string> = new Set([
  "NP",
  "VP",
  "PP",
  "ADVP",
  "ADJP",
  "SBAR",
  "PRT",
  "CONJP",
  "INTJ",
  "LST",
  "UCP",
]);

/** The tag of a line; empty if the line has no such column. */
export function tagIn(columns: readonly string[], { column }: TagColumn): string {
  return (column === undefined ? columns.at(-1) : columns[column]) ?? "";
}

/**
 * Judges the columns behind the words.
 *
 * @param first the first column behind the words, counted from 0
 * @param named the user's column, counted from 1
 * @throws DataError `data/missing-column`
 */
export function tagColumnOf(
  blocks: readonly (readonly (readonly string[])[])[],
  first: number,
  path: string,
  named: string | undefined,
): TagColumn {
  const lines = blocks.flat();
  const [line] = lines;
  const width = lines.every((columns) => columns.length === line?.length) ? line?.length : undefined;
  if (named !== undefined) {
    const column = Number(named) - 1;
    const isColumn =
      /^\d{1,3}$/.test(named) && column >= first && column < (width ?? Number.POSITIVE_INFINITY);
    if (!isColumn) throw noSuchColumn(path, named, first, width);
    return { column, width, others: [], isNamed: true };
  }
  if (width === undefined) return { column: undefined, width, others: [], isNamed: false };
  const tagged = [...Array(width).keys()].slice(first).filter((column) => hasTags(lines, column));
  const last = width - 1;
  const [only] = tagged;
  if (tagged.length === 1 && only !== undefined && only !== last && !mayBeTags(lines, last))
    return { column: only, width, others: [], isNamed: false };
  return {
    column: undefined,
    width,
    others: tagged.filter((column) => column !== last),
    isNamed: false,
  };
}

/** Reports once per file which of several columns is read. */
export function tagColumnDefect(
  { column, width, others, isNamed }: TagColumn,
  path: string,
): Defect | undefined {
  if (width === undefined || isNamed) return undefined;
  const number = (at: number) => String(at + 1);
  if (column !== undefined) {
    const message = `column ${number(column)} has the tags, and the last has none: column ${number(column)} is read`;
    return defect("data/tag-column", `${path}:1`, message, column + 1);
  }
  const [other] = others;
  if (other === undefined) return undefined;
  const message = `columns ${[...others, width - 1].map(number).join(" and ")} all have tags, and the last is read; relata convert --tags-field ${number(other)} reads column ${number(other)}`;
  return defect(
    "data/tag-column",
    `${path}:1`,
    message,
    others.map((at) => at + 1),
  );
}

/** Whether a column holds nothing but tags, some of them of entities rather than of chunks. */
function hasTags(lines: readonly (readonly string[])[], column: number): boolean {
  const labels = new Set<string>();
  for (const columns of lines) {
    const tag = columns[column] ?? "";
    const label = parseSchemeTag(tag)?.label;
    if (label !== undefined) labels.add(label);
    else if (tag !== "O") return false;
  }
  return labels.size > 0 && ![...labels].every((label) => CHUNKS.has(label));
}

/** Whether at least half of a column is tags, so that the others are errors. */
function mayBeTags(lines: readonly (readonly string[])[], column: number): boolean {
  const tags = lines.filter((columns) => columns[column] === "O" || parseSchemeTag(columns[column] ?? ""));
  return tags.length * 2 >= lines.length;
}

function noSuchColumn(path: string, named: string, first: number, width: number | undefined): DataError {
  const columns = width === undefined ? "" : `; its lines have ${width}`;
  return new DataError({
    code: "data/missing-column",
    message: `${quote(named)} is not a column of tags in ${path}${columns}`,
    place: path,
    value: named,
    remedy: `Give the number of a column behind the words, from ${first + 1} on: columns of CoNLL files have no names.`,
  });
}
