// Turns lines into rows: applies severities and the policy, and assigns every row an outcome. Rows of several lines: blocks.ts.
import type { DefectCode } from "../base/codes/data-defects.ts";
import { type Defect, defect, defectError } from "./defects.ts";
import { requireForm } from "./file-kind.ts";
import { readListText, splitJsonList, startsList } from "./json-list.ts";
import { type LineOptions, MAX_LINE_BYTES, readLines } from "./lines.ts";

/** A row of data: `line` is its first line, `lines` the number of lines (default 1). */
export interface RowPlace {
  readonly line: number;
  readonly lines?: number;
  readonly defects: readonly Defect[];
}

/**
 * The outcome of a row, of a line without data (`blank`, or `mark`: a line such as `-DOCSTART-` that only divides rows), or of the
 * file as a whole.
 */
export type RowOutcome<T> =
  | (RowPlace & { readonly kind: "accepted"; readonly value: T })
  | (RowPlace & { readonly kind: "rejected" })
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
  readonly value?: T;
  readonly defects: readonly Defect[];
}

/** How a format parses lines. */
export interface RowParser<T> {
  /** The expected form of text, to detect other kinds of files. JSON may also be one list of all rows. */
  readonly form: "json" | "python";
  parse(text: string, place: string, line: number): Parsed<T>;
  /** Compares an otherwise acceptable row with the rows before it. */
  compare?(value: T, place: string): readonly Defect[];
  /** Reports at the end for the whole file. */
  end?(): readonly Defect[];
}

/**
 * Reads the rows of a file. If it is a JSON list instead of JSON lines, its elements are the rows, and this is reported once.
 *
 * @throws DataError `data/cannot-read`, `data/other-format`, `data/file-too-large` for a list; under "strict" also the code of the first
 * defect of severity "error".
 */
export async function* readRows<T>(
  path: string,
  parser: RowParser<T>,
  options: RowOptions = {},
): AsyncGenerator<RowOutcome<T>> {
  const weigh = (defects: readonly Defect[]) => weighDefects(defects, options);
  const rowOf = (line: number, text: string, found: readonly Defect[]) => {
    const place = `${path}:${line}`;
    const parsed = parser.parse(text, place, line);
    const row = { value: parsed.value, defects: [...found, ...parsed.defects] };
    return judgeRow({ line, lines: 1 }, row, (value) => parser.compare?.(value, place) ?? [], options);
  };
  let isFirst = true;
  for await (const read of readLines(path, options)) {
    if (read.kind === "file") {
      yield { kind: "file", defects: weigh(read.defects) };
      continue;
    }
    const { line } = read;
    if (read.kind === "unreadable") {
      yield { kind: "rejected", line, defects: weigh(read.defects) };
      continue;
    }
    if (read.text.trim() === "") {
      const blank = defect("data/blank-line", `${path}:${line}`, "the line is blank", read.text);
      yield { kind: "blank", line, defects: weigh([...read.defects, blank]) };
      continue;
    }
    if (isFirst) {
      isFirst = false;
      requireForm(parser.form, read.text, path);
      if (parser.form === "json" && startsList(read.text)) {
        yield* elementsOf(path, line, read.defects, rowOf, options);
        break;
      }
    }
    yield rowOf(line, read.text, read.defects);
  }
  const defects = parser.end?.() ?? [];
  if (defects.length > 0) yield { kind: "file", defects: weigh(defects) };
}

/** The elements of a JSON list as rows, numbered by their first line. */
async function* elementsOf<T>(
  path: string,
  firstLine: number,
  found: readonly Defect[],
  rowOf: (line: number, text: string, found: readonly Defect[]) => RowOutcome<T>,
  options: RowOptions,
): AsyncGenerator<RowOutcome<T>> {
  const { maxLineBytes = MAX_LINE_BYTES, signal } = options;
  const place = `${path}:${firstLine}`;
  const list = defect(
    "data/json-list",
    place,
    "the file is a JSON list, not JSON lines; its elements are the rows",
  );
  yield { kind: "file", defects: weighDefects([...found, list], options) };
  const text = await readListText(path, signal);
  if (text === undefined) {
    const invalid = defect("data/invalid-utf8", place, "the file is not valid UTF-8");
    yield { kind: "rejected", line: firstLine, lines: 1, defects: weighDefects([invalid], options) };
    return;
  }
  for (const part of splitJsonList(text.replace(/^\ufeff+/, ""))) {
    signal?.throwIfAborted();
    const { line } = part;
    const fault =
      part.kind === "fault"
        ? defect("data/not-json", `${path}:${line}`, part.message)
        : part.text.length > maxLineBytes
          ? defect(
              "data/block-too-long",
              `${path}:${line}`,
              `the element has ${part.text.length} characters; the limit is ${maxLineBytes}`,
              part.text.length,
            )
          : undefined;
    if (part.kind === "element" && fault === undefined) yield rowOf(line, part.text, []);
    else yield { kind: "rejected", line, lines: 1, defects: weighDefects(fault ? [fault] : [], options) };
  }
}

/** The outcome of a parsed row: rejected for an error in itself or in comparison with earlier rows. */
export function judgeRow<T>(
  at: { readonly line: number; readonly lines: number },
  parsed: { readonly value: T | undefined; readonly defects: readonly Defect[] },
  compare: (value: T) => readonly Defect[],
  options: RowOptions,
): RowOutcome<T> {
  let defects = weighDefects(parsed.defects, options);
  const { value } = parsed;
  if (value === undefined || hasError(defects)) return { kind: "rejected", ...at, defects };
  defects = [...defects, ...weighDefects(compare(value), options)];
  return hasError(defects)
    ? { kind: "rejected", ...at, defects }
    : { kind: "accepted", ...at, value, defects };
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
