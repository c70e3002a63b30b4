// Reads posts from JSON lines, in a file or a stream: raw posts {"id"?, "text", "image"?, "caption"?, "meta"?}, or documents in relata's own format.
import { z } from "zod";
import { fieldName, VALUES_SHOWN } from "../../base/schema-issues.ts";
import { postOfTask } from "../../data/annotations/task-post.ts";
import type { Defect } from "../../data/defects.ts";
import { withExactId } from "../../data/exact-ids.ts";
import { ExtraFields } from "../../data/extra-fields.ts";
import { otherKind, requirePosts } from "../../data/file-kind.ts";
import { isJsonList, readJsonList, startsList } from "../../data/json-list.ts";
import { parseJsonLine } from "../../data/jsonl.ts";
import { type LineOutcome, linesOf, readLines } from "../../data/lines.ts";
import { OffsetSurvey } from "../../data/offset-survey.ts";
import type { OffsetUnit } from "../../data/offset-units.ts";
import { documentSchema, parseDocument, withoutNulls } from "../../data/parse-document.ts";
import { fileFingerprint } from "../../encoders/onnx-file.ts";
import {
  faultOf,
  type PostRow,
  type PostSource,
  postFault,
  postOfDocument,
  type RowFault,
  type RowPost,
} from "./post-rows.ts";

const rawPost = documentSchema
  .omit({ entities: true, relations: true, category: true })
  .partial({ id: true })
  .extend({ caption: z.string().optional() });

/** Reads the posts of a JSONL file; its non-blank lines are the rows. A post without an id gets its line number. */
export function jsonlFile(path: string, offsets?: OffsetUnit): PostSource {
  const seen = seenIn(path, offsets);
  return {
    place: path,
    counts: "line",
    files: [path],
    ...seen,
    fingerprint: () => fileFingerprint(path),
    async *rows(signal) {
      if (await isJsonList(path)) yield* elementsOf(path, seen, signal);
      else yield* rowsOf(readLines(path, signal ? { signal } : {}), path, seen);
    },
    rowsFrom({ row, offset }, signal) {
      if (offset === undefined) return undefined; // an element of a list
      const lines = readLines(path, { signal, start: { line: row, offset } });
      return rowsOf(lines, path, seen, offset === 0);
    },
  };
}

/** Reads posts from a stream of JSON lines, such as standard input. */
export function jsonlStream(stream: AsyncIterable<Buffer>, place: string, offsets?: OffsetUnit): PostSource {
  const seen = seenIn(place, offsets);
  return {
    place,
    counts: "line",
    ...seen,
    rows: () => rowsOf(linesOf(stream, place), place, seen),
  };
}

/** What was noticed while reading rows, to be reported once. */
interface Seen {
  readonly extra: ExtraFields;
  readonly offsets: OffsetSurvey;
  /** What the mentions' offsets count, if the user says so. */
  readonly unit: OffsetUnit | undefined;
}

function seenIn(place: string, unit: OffsetUnit | undefined): Seen {
  return { extra: new ExtraFields(), offsets: new OffsetSurvey(place, unit ?? "utf-16"), unit };
}

async function* rowsOf(
  lines: AsyncGenerator<LineOutcome>,
  path: string,
  seen: Seen,
  startsFile = true,
): AsyncGenerator<PostRow> {
  let isFirst = startsFile;
  for await (const line of lines) {
    if (line.kind === "file" || (line.kind === "text" && line.text.trim() === "")) continue;
    const { line: row, offset } = line;
    if (isFirst && line.kind === "text") {
      requirePosts(line.text, path);
      if (startsList(line.text)) throw listInStream(path);
    }
    isFirst = false;
    if (line.kind === "unreadable") yield { row, offset, key: "", fault: faultOf(line.defects) };
    else yield { row, offset, key: line.text, ...parsePost(line.text, `${path}:${row}`, String(row), seen) };
  }
}

/** Reads the elements of a file that is one JSON list; a post without an id gets its position, counted from 1. */
async function* elementsOf(
  path: string,
  seen: Seen,
  signal: AbortSignal | undefined,
): AsyncGenerator<PostRow> {
  let row = 0;
  for await (const part of readJsonList(path, { signal })) {
    if (part.kind === "file") continue;
    row++;
    if (part.kind !== "element") yield { row, key: "", fault: faultOf(part.defects) };
    else
      yield {
        row,
        key: part.text,
        ...parsePost(part.text, `${path}:${part.line}`, String(row), seen),
      };
  }
}

/** Lines of a file are read only if it is not a list. */
function listInStream(place: string): Error {
  return otherKind(place, {
    what: "a JSON list, which cannot be read from a stream",
    remedy: "Send one post per line (jq -c '.[]'), or name the file.",
  });
}

/** Reads a line as a post. */
function parsePost(
  text: string,
  place: string,
  defaultId: string,
  { extra, offsets: survey, unit: offsets }: Seen,
): { readonly post: RowPost } | { readonly id?: string | undefined; readonly fault: RowFault } {
  const json = parseJsonLine(text, place);
  if (json.defects.length > 0) {
    const fault = faultOf(json.defects);
    return { fault: looksPlain(text) ? { ...fault, message: `${fault.message}; ${PLAIN_TEXT}` } : fault };
  }
  const value = postOfTask(withExactId(json.value, text));
  const id = idOf(value);
  const rejected = (fault: RowFault) => ({ id, fault });
  if (isDocument(value)) {
    const { value: document, defects } = parseDocument(value, place, { extra, survey, offsets });
    if (document === undefined) return rejected(faultOf(defects));
    return { post: postOfDocument(document) };
  }
  const { fields, defects } = knownFields(value, extra, place);
  if (defects.length > 0) return rejected(faultOf(defects));
  const parsed = rawPost.safeParse(fields, VALUES_SHOWN);
  if (!parsed.success) return rejected(shapeFault(parsed.error.issues[0]!, value, place)); // a failed parse has at least one issue
  const post = { id: defaultId, ...withoutAbsent(parsed.data) };
  const fault = postFault(post, place);
  return fault ? rejected(fault) : { post };
}

/** What to do with a line that is text, not JSON. */
const PLAIN_TEXT = "if each line is the text of one post, say so with --lines";

function looksPlain(text: string): boolean {
  return !/^\s*\ufeff*[{["\]}]/.test(text);
}

/** Documents have lists of entities and relations; on other platforms' posts these fields mean something else. */
function isDocument(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { entities, relations } = value as { readonly entities?: unknown; readonly relations?: unknown };
  return Array.isArray(entities) || Array.isArray(relations);
}

/** The fields of a raw post: null means absent, and other fields go to meta. */
function knownFields(
  value: unknown,
  extra: ExtraFields,
  place: string,
): { readonly fields: unknown; readonly defects: readonly Defect[] } {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return { fields: value, defects: [] };
  return extra.sort(withoutNulls(value), rawPost.shape, place);
}

function idOf(value: unknown): string | undefined {
  const id = (value as { readonly id?: unknown } | null)?.id;
  return typeof id === "string" ? id : undefined;
}

/** Names that other programs use for a post's text. */
const OTHER_NAMES = [
  "full_text",
  "Text",
  "TEXT",
  "content",
  "tweet",
  "body",
  "sentence",
  "message",
  "post",
  "caption",
];

function fieldNamed(value: unknown, name: string): unknown {
  return (value as Readonly<Record<string, unknown>>)[name];
}

function shapeFault(issue: z.core.$ZodIssue, value: unknown, place: string): RowFault {
  const [field] = issue.path;
  const found = field === undefined ? value : (value as Record<PropertyKey, unknown>)[field];
  if (field !== undefined && (found === undefined || found === null)) {
    const other = OTHER_NAMES.find((name) => typeof fieldNamed(value, name) === "string");
    const hint =
      field === "text" && other !== undefined ? `; is it "${other}"? Rename the field to "text"` : "";
    return { code: "data/missing-field", message: `${place}: ${String(field)} is missing${hint}` };
  }
  return {
    code: "data/wrong-type",
    message: `${place}: ${fieldName(issue.path, "the row")}: ${issue.message}`,
  };
}

function withoutAbsent<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
