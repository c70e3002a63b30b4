// Makes a user's reader available as a format: checks its rows, counts what it skips, and reports breaches of its contract.
import { type Extensions, requireOwnNames } from "../extensions/extension.ts";
import { badAnswer, call, callNow } from "../extensions/guarded.ts";
import { defect } from "./defects.ts";
import type { Document } from "./document.ts";
import { checkLabels, SeenIds } from "./document-checks.ts";
import type { DocumentFormat, ReadDocumentsOptions } from "./document-format.ts";
import { readListText } from "./json-list.ts";
import { cannotRead, readLines } from "./lines.ts";
import { parseDocument } from "./parse-document.ts";
import type { Reader, ReaderSource, SourceLine } from "./reader-contract.ts";
import { judgeRow, type RowOutcome, weighDefects } from "./rows.ts";

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
      const { line, lines, rejected } = row;
      const place = `${path}:${line}`;
      const parsed =
        rejected === undefined
          ? checkLabels(parseDocument(row.document, place, { offsets }), options, place)
          : { defects: [defect("data/reader-rejects", place, rejected)] };
      yield judgeRow<Document>(
        { line, lines },
        { value: parsed.value, defects: parsed.defects },
        (document) => ids.compare(document, place),
        options,
      );
    }
    ended = true;
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
}

/** A row, or its defects. */
function rowOf(value: unknown): CheckedRow | string {
  if (typeof value !== "object" || value === null) return `a row must be an object, got ${typeof value}`;
  const { line, lines = 1, document, rejected } = value as Readonly<Record<string, unknown>>;
  if (!isCount(line)) return "a row's line must be an integer from 1";
  if (!isCount(lines)) return "a row's lines must be an integer from 1";
  if ((document === undefined) === (rejected === undefined))
    return "a row must have either a document or the reason why it is rejected";
  if (rejected === undefined) return { line, lines, document };
  return typeof rejected === "string"
    ? { line, lines, rejected }
    : "the reason of a rejection must be a text";
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
      const text = await readListText(path, signal).catch(noted);
      if (text === undefined) return noted(cannotRead(path, new Error("it is not valid UTF-8")));
      return text.replace(/^\ufeff+/, "");
    },
    fault: () => fault,
  };
}
