// Turns lines into rows: applies severities and the policy, and assigns every row an outcome. Rows of several lines: blocks.ts.
import type { DefectCode } from "../base/codes/data-defects.ts";
import { type Annotations, type Defect, defect, defectError } from "./defects.ts";
import { requireForm } from "./file-kind.ts";
import { isJsonList, type JsonListOptions, readJsonList } from "./json-list.ts";
import { type LineOptions, readLines } from "./lines.ts";

/** A row of data: `line` is its first line, `lines` the number of lines (default 1). */
export interface RowPlace {
  readonly line: number;
  readonly lines?: number;
  readonly defects: readonly Defect[];
  /** What the row holds, if the format counts it. */
  readonly found?: Annotations | undefined;
}

/**
 * The outcome of a row (`left-out`: there is nothing wrong with it, but the format's policy does not use it, such as a task that nobody
 * annotated; its defects say why), of a line without data (`blank`, or `mark`: a line such as `-DOCSTART-` that only divides rows), or of the
 * file as a whole.
 */
export type RowOutcome<T> =
  | (RowPlace & { readonly kind: "accepted"; readonly value: T })
  | (RowPlace & { readonly kind: "rejected" | "left-out" })
  | { readonly kind: "blank" | "mark"; readonly line: number; readonly defects: readonly Defect[] }
  | { readonly kind: "file"; readonly defects: readonly Defect[] };

/** "report" rejects faulty rows and continues; "strict" throws at the first defect of severity "error". */
export type Policy = "strict" | "report";

/** How to treat rows with defects. */
export interface RowOptions extends LineOptions {
  /** Default "report". */
  readonly policy?: Policy | undefined;
  /** Warnings to treat as errors, e.g. `["data/overlapping-mentions"]` to reject such rows. */
  readonly reject?: readonly DefectCode[] | undefined;
}

/** The result of parsing one row by itself; `value` is absent if there is no usable one. */
export interface Parsed<T> {
  readonly value?: T | undefined;
  readonly defects: readonly Defect[];
  readonly found?: Annotations | undefined;
  /** Whether the row is left out rather than rejected; its defects are then warnings. */
  readonly leftOut?: boolean | undefined;
}

/** A parsed row and its place. */
export interface ParsedRow<T> extends Parsed<T> {
  readonly line: number;
  readonly lines: number;
}

/** How a format parses lines. */
export interface RowParser<T> {
  /** The expected form of text, to detect other kinds of files. JSON may also be one list of all rows. */
  readonly form: "json" | "python";
  /** What to do with a table or a CoNLL file, if no other format can be named where the file is. */
  readonly onlyForm?: string | undefined;
  /** Whether a list is as usual as lines, so that nothing is said about it. */
  readonly lists?: boolean | undefined;
  /** Longest row in bytes, if no option sets it. */
  readonly maxRowBytes?: number | undefined;
  /** The row of a line or element; several if it holds several, none if it is kept for `rest`. */
  parse(text: string, place: string, line: number): Parsed<T> | readonly Parsed<T>[];
  /** Rows that need several lines; asked for after the last line. */
  rest?(): Iterable<ParsedRow<T>>;
  /** Compares an otherwise acceptable row with the rows before it. */
  compare?(value: T, place: string): readonly Defect[];
  /** Reports at the end for the whole file. */
  end?(): readonly Defect[];
}

/**
 * Reads the rows of a file. If it is a JSON list instead of JSON lines, its elements are the rows, and this is reported once.
 *
 * @throws DataError `data/cannot-read`, `data/other-format`; under "strict" also the code of the first defect of severity "error".
 */
export async function* readRows<T>(
  path: string,
  parser: RowParser<T>,
  given: RowOptions = {},
): AsyncGenerator<RowOutcome<T>> {
  const options = { ...given, maxLineBytes: given.maxLineBytes ?? parser.maxRowBytes };
  const weigh = (defects: readonly Defect[]) => weighDefects(defects, options);
  const judge = ({ line, lines, ...row }: ParsedRow<T>) =>
    judgeRow({ line, lines }, row, (value) => parser.compare?.(value, `${path}:${line}`) ?? [], options);
  const isList = parser.form === "json" && (await isJsonList(path));
  let isFirst = true;
  for await (const read of isList ? readJsonList(path, listOptions(options)) : readLines(path, options)) {
    if (read.kind === "file") {
      yield { kind: "file", defects: weigh(read.defects) };
      continue;
    }
    const { line } = read;
    if (isFirst && isList && parser.lists !== true) {
      yield { kind: "file", defects: weigh([listNote(path, line)]) };
      isFirst = false;
    }
    if (read.kind === "unreadable" || read.kind === "fault") {
      yield { kind: "rejected", line, lines: 1, defects: weigh(read.defects) };
      continue;
    }
    const found = read.kind === "text" ? read.defects : [];
    if (read.kind === "text" && read.text.trim() === "") {
      const blank = defect("data/blank-line", `${path}:${line}`, "the line is blank", read.text);
      yield { kind: "blank", line, defects: weigh([...found, blank]) };
      continue;
    }
    if (isFirst && !isList) requireForm(parser.form, read.text, path, parser.onlyForm);
    isFirst = false;
    const parsed = [parser.parse(read.text, `${path}:${line}`, line)].flat();
    if (parsed.length === 0 && found.length > 0) yield { kind: "file", defects: weigh(found) };
    for (const [i, row] of parsed.entries()) {
      const defects = i === 0 ? [...found, ...row.defects] : row.defects;
      yield judge({ ...row, defects, line, lines: i === 0 ? 1 : 0 });
    }
  }
  for (const row of parser.rest?.() ?? []) yield judge(row);
  const defects = parser.end?.() ?? [];
  if (defects.length > 0) yield { kind: "file", defects: weigh(defects) };
}

function listOptions({ maxLineBytes, signal }: RowOptions): JsonListOptions {
  return { maxElementBytes: maxLineBytes, signal };
}

function listNote(path: string, line: number): Defect {
  const message = "the file is a JSON list, not JSON lines; its elements are the rows";
  return defect("data/json-list", `${path}:${line}`, message);
}

/** The outcome of a parsed row: rejected for an error in itself or in comparison with earlier rows. */
export function judgeRow<T>(
  at: { readonly line: number; readonly lines: number },
  parsed: Parsed<T>,
  compare: (value: T) => readonly Defect[],
  options: RowOptions,
): RowOutcome<T> {
  let defects = weighDefects(parsed.defects, options);
  const { value, found, leftOut = false } = parsed;
  const counts = found === undefined ? {} : { found };
  if (hasError(defects)) return { kind: "rejected", ...at, ...counts, defects };
  if (value === undefined) return { kind: leftOut ? "left-out" : "rejected", ...at, ...counts, defects };
  defects = [...defects, ...weighDefects(compare(value), options)];
  return hasError(defects)
    ? { kind: "rejected", ...at, ...counts, defects }
    : { kind: "accepted", ...at, ...counts, value, defects };
}

/** The defects with their severities under the options; throws the first error under "strict". */
export function weighDefects(defects: readonly Defect[], options: RowOptions): readonly Defect[] {
  const { reject = [], policy = "report" } = options;
  const weighed = defects.map((found) =>
    reject.includes(found.code) ? { ...found, severity: "error" as const } : found,
  );
  if (policy === "strict") {
    const fatal = weighed.find(({ severity }) => severity === "error");
    if (fatal) throw defectError(fatal);
  }
  return weighed;
}

function hasError(defects: readonly Defect[]): boolean {
  return defects.some(({ severity }) => severity === "error");
}
