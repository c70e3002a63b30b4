// Makes a user's reader available as a format: checks its rows, counts what it skips, and reports breaches of its contract.
import { isFields } from "../base/fields.ts";
import { type Extensions, requireOwnNames } from "../extensions/extension.ts";
import { badAnswer, call, callNow } from "../extensions/guarded.ts";
import { type Annotations, defect, leavingOut } from "./defects.ts";
import type { Document } from "./document.ts";
import { checkLabels, SeenIds } from "./document-checks.ts";
import type { DocumentFormat, ReadDocumentsOptions } from "./document-format.ts";
import type { FileSample } from "./file-sample.ts";
import { readFileText } from "./file-text.ts";
import { cannotRead, readLines } from "./lines.ts";
import { OffsetSurvey } from "./offset-survey.ts";
import { type ParseDocumentOptions, parseDocument } from "./parse-document.ts";
import type { Reader, ReaderNote, ReaderSource, SourceLine } from "./reader-contract.ts";
import { judgeRow, type Parsed, type RowOutcome, weighDefects } from "./rows.ts";

/** The formats of registered readers. @throws ExtensionError `extension/name-taken` for the name of a built-in one */
export function registeredFormats(
  extensions: Extensions,
  builtIn: readonly DocumentFormat[],
): readonly DocumentFormat[] {
  const readers = extensions.of<Reader>("reader");
  requireOwnNames(
    readers,
    builtIn.map(({ name }) => name),
  );
  return readers.map((reader) => ({
    name: reader.name,
    description: reader.description ?? `the reader ${reader.name} ${reader.version}`,
    offsets: reader.offsets ?? "utf-16",
    ...(reader.recognises && {
      recognises: (sample: FileSample) =>
        callNow(reader, `recognising ${sample.path}`, () => reader.recognises?.(sample)) === true,
    }),
    read: (path, options) => readRegistered(reader, path, options),
  }));
}

/**
 * The rows of a reader, each checked as a document.
 *
 * @throws ExtensionError `extension/failed`, `extension/bad-answer`; errors from reading the file; the signal's reason, at once
 */
async function* readRegistered(
  reader: Reader,
  path: string,
  options: ReadDocumentsOptions = {},
): AsyncGenerator<RowOutcome<Document>> {
  const { offsets = reader.offsets, signal = new AbortController().signal } = options;
  const doing = `reading ${path}`;
  const aside: RowOutcome<Document>[] = []; // outcomes of the source's lines in the meantime
  const source = sourceOf(path, options, signal, aside);
  const given = callNow(reader, doing, () => reader.read(source)) as unknown;
  const iterator = iteratorOf(given);
  if (iterator === undefined) throw badAnswer(reader, doing, "read gave nothing that rows can be taken from");
  const ids = new SeenIds();
  const survey = new OffsetSurvey(path, offsets ?? "utf-16", "other");
  let ended = false;
  try {
    for (;;) {
      const next = await call(reader, doing, () => iterator.next(), signal).catch((error: unknown) => {
        throw source.fault() ?? error; // faults of the file are not the reader's
      });
      yield* aside.splice(0);
      if (typeof next !== "object" || next === null) throw badAnswer(reader, doing, "its iterator is none");
      if (next.done === true) break;
      const row = rowOf(next.value);
      if (typeof row === "string") throw badAnswer(reader, doing, row, next.value);
      const { line, lines } = row;
      const place = `${path}:${line}`;
      const parsed = parsedRow(row, place, { offsets, survey }, options);
      yield judgeRow({ line, lines }, parsed, (document) => ids.compare(document, place), options);
    }
    ended = true;
    const defects = survey.defects();
    if (defects.length > 0) yield { kind: "file", defects: weighDefects(defects, options) };
  } finally {
    // Not awaited: a reader that hangs would also hang here.
    if (!ended) void Promise.resolve(iterator.return?.(undefined)).catch(() => undefined);
  }
}

type Rows = Iterator<unknown> | AsyncIterator<unknown>;

function iteratorOf(value: unknown): Rows | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (Symbol.asyncIterator in value) return (value as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  if (Symbol.iterator in value) return (value as Iterable<unknown>)[Symbol.iterator]();
  return undefined;
}

interface CheckedRow {
  readonly line: number;
  readonly lines: number;
  readonly document?: unknown;
  readonly rejected?: string;
  readonly leftOut?: string;
  readonly found: Annotations | undefined;
  readonly notes: readonly ReaderNote[];
}

/** A row with its document, checked, and its defects. */
function parsedRow(
  { document, rejected, leftOut, found, notes }: CheckedRow,
  place: string,
  parsing: ParseDocumentOptions,
  options: ReadDocumentsOptions,
): Parsed<Document> {
  const decisions = notes.map(({ message, entities = 0, relations = 0 }) =>
    leavingOut(defect("data/reader-note", place, message), { entities, relations }),
  );
  if (rejected !== undefined) {
    return { found, defects: [...decisions, defect("data/reader-rejects", place, rejected)] };
  }
  if (leftOut !== undefined) {
    const noted = (kind: keyof Annotations) => notes.reduce((sum, note) => sum + (note[kind] ?? 0), 0);
    const why = leavingOut(defect("data/reader-leaves-out", place, leftOut), {
      entities: (found?.entities ?? 0) - noted("entities"),
      relations: (found?.relations ?? 0) - noted("relations"),
    });
    return { found, leftOut: true, defects: [...decisions, why] };
  }
  const parsed = checkLabels(parseDocument(document, place, parsing), options, place);
  return { ...parsed, found, defects: [...decisions, ...parsed.defects] };
}

/** A row, or what is wrong with it. */
function rowOf(value: unknown): CheckedRow | string {
  if (!isFields(value)) return `a row must be an object, got ${typeof value}`;
  const { line, lines = 1, document, rejected, leftOut, found, notes = [] } = value;
  if (!isCount(line)) return "a row's line must be an integer from 1";
  if (!isCount(lines)) return "a row's lines must be an integer from 1";
  if (found !== undefined && !isAnnotations(found))
    return "the annotations found in a row must be numbers of entities and relations";
  if (!Array.isArray(notes) || !notes.every(isNote))
    return "a row's notes must be a list of messages with numbers of entities and relations";
  if ([document, rejected, leftOut].filter((one) => one !== undefined).length !== 1)
    return "a row must have either a document or the reason why it is rejected or left out";
  const row = { line, lines, found, notes };
  if (document !== undefined) return { ...row, document };
  if (typeof rejected === "string") return { ...row, rejected };
  if (typeof leftOut === "string") return { ...row, leftOut };
  return "the reason of a rejection must be a text";
}

function isNote(value: unknown): value is ReaderNote {
  if (!isFields(value) || typeof value.message !== "string") return false;
  return isAnnotations({ entities: value.entities ?? 0, relations: value.relations ?? 0 });
}

function isAnnotations(value: unknown): value is Annotations {
  return isFields(value) && [value.entities, value.relations].every((one) => one === 0 || isCount(one));
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function sourceOf(
  path: string,
  options: ReadDocumentsOptions,
  signal: AbortSignal,
  aside: RowOutcome<Document>[],
): ReaderSource & { fault(): unknown } {
  const weigh = (defects: Parameters<typeof weighDefects>[0]) => weighDefects(defects, options);
  let fault: unknown;
  const noted = (error: unknown): never => {
    fault = error;
    throw error;
  };
  async function* textLines(): AsyncGenerator<SourceLine> {
    for await (const read of readLines(path, { ...options, signal })) {
      if (read.kind === "file") aside.push({ kind: "file", defects: weigh(read.defects) });
      else if (read.kind === "unreadable")
        aside.push({ kind: "rejected", line: read.line, defects: weigh(read.defects) });
      else if (read.text.trim() === "") {
        const blank = defect("data/blank-line", `${path}:${read.line}`, "the line is blank", read.text);
        aside.push({ kind: "blank", line: read.line, defects: weigh([...read.defects, blank]) });
      } else {
        if (read.defects.length > 0) aside.push({ kind: "file", defects: weigh(read.defects) });
        yield { line: read.line, text: read.text };
      }
    }
  }
  return {
    path,
    signal,
    async *lines() {
      try {
        yield* textLines();
      } catch (error) {
        noted(error);
      }
    },
    async text() {
      const text = await readFileText(path, signal).catch(noted);
      if (text === undefined) return noted(cannotRead(path, new Error("it is not valid UTF-8")));
      return text.replace(/^\ufeff+/, "");
    },
    fault: () => fault,
  };
}
