// Posts from JSON lines, of a file or a stream: raw posts {"id"?, "text", "image"?, "caption"?, "meta"?}, or documents in relata's own format.
import { z } from "zod";
import { quote } from "../../../data/defects.ts";
import { documentSchema, parseDocument } from "../../../data/document.ts";
import { parseJsonLine } from "../../../data/jsonl.ts";
import { type LineOutcome, linesOf, readLines } from "../../../data/lines.ts";
import { fileFingerprint } from "../../../encoders/onnx-file.ts";
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
  .omit({ entities: true, relations: true })
  .partial({ id: true })
  .extend({ caption: z.string().optional() });

/** The posts of a JSONL file; rows are its lines that are not blank. A post without an id has its line number for one. */
export function jsonlFile(path: string): PostSource {
  return {
    place: path,
    counts: "line",
    files: [path],
    fingerprint: () => fileFingerprint(path),
    rows: (signal) => rowsOf(readLines(path, signal ? { signal } : {}), path),
  };
}

/** The posts of a stream of JSON lines, such as the standard input. */
export function jsonlStream(stream: AsyncIterable<Buffer>, place: string): PostSource {
  return { place, counts: "line", rows: () => rowsOf(linesOf(stream, place), place) };
}

async function* rowsOf(lines: AsyncGenerator<LineOutcome>, path: string): AsyncGenerator<PostRow> {
  for await (const line of lines) {
    if (line.kind === "file" || (line.kind === "text" && line.text.trim() === "")) continue;
    const { line: row } = line;
    if (line.kind === "unreadable") yield { row, key: "", fault: faultOf(line.defects) };
    else yield { row, key: line.text, ...parsePost(line.text, `${path}:${row}`, String(row)) };
  }
}

/** A line as a post. */
function parsePost(
  text: string,
  place: string,
  defaultId: string,
): { readonly post: RowPost } | { readonly id?: string; readonly fault: RowFault } {
  const json = parseJsonLine(text, place);
  if (json.defects.length > 0) return { fault: faultOf(json.defects) };
  const { value } = json;
  const id = idOf(value);
  const rejected = (fault: RowFault) => ({ ...(id === undefined ? {} : { id }), fault });
  if (isDocument(value)) {
    const { value: document, defects } = parseDocument(value, place);
    if (document === undefined) return rejected(faultOf(defects));
    return { post: postOfDocument(document) };
  }
  const parsed = rawPost.safeParse(value);
  if (!parsed.success) return rejected(shapeFault(parsed.error.issues[0]!, value, place)); // a failed parse has an issue
  const post = { id: defaultId, ...withoutAbsent(parsed.data) };
  const fault = postFault(post, place);
  return fault ? rejected(fault) : { post };
}

/** Documents have entities and relations; raw posts have neither. */
function isDocument(value: unknown): boolean {
  return typeof value === "object" && value !== null && ("entities" in value || "relations" in value);
}

function idOf(value: unknown): string | undefined {
  const id = (value as { readonly id?: unknown } | null)?.id;
  return typeof id === "string" ? id : undefined;
}

function shapeFault(issue: z.core.$ZodIssue, value: unknown, place: string): RowFault {
  const [field] = issue.path;
  if (field !== undefined && !(field in (value as object))) {
    return { code: "data/missing-field", message: `${place}: ${String(field)} is missing` };
  }
  if (issue.code === "unrecognized_keys") {
    const names = issue.keys.map(quote).join(", ");
    const message = `${place}: the row has the unknown field ${names}; what else belongs to a post goes into meta`;
    return { code: "data/unknown-field", message };
  }
  return {
    code: "data/wrong-type",
    message: `${place}: ${issue.path.join(".") || "the row"}: ${issue.message}`,
  };
}

function withoutAbsent<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
