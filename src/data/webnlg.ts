// Reads WebNLG triples: a JSON list of texts with subject, relation and object, whose places in the text are found here.
import { readFile, stat } from "node:fs/promises";
import { basename, extname } from "node:path";
import { z } from "zod";
import { DataError } from "../errors.ts";
import { type Defect, defect, quote } from "./defects.ts";
import { type Document, parseDocument, type Span } from "./document.ts";
import { checkLabels } from "./document-checks.ts";
import type { DocumentFormat, ReadDocumentsOptions } from "./document-format.ts";
import { splitJsonList } from "./json-list.ts";
import { parseJsonLine } from "./jsonl.ts";
import { cannotRead, MAX_LINE_BYTES } from "./lines.ts";
import { judgeRow, type Parsed, type RowOutcome, weighDefects } from "./rows.ts";

const MAX_FILE_BYTES = 256 * 1024 * 1024; // WebNLG's training part has 2.3 MB
/** WebNLG gives no entity types. */
const ENTITY_LABEL = "entity";

const rowSchema = z.strictObject({
  text: z.string(),
  triple_list: z.array(z.tuple([z.string(), z.string(), z.string()])),
});
type Row = z.infer<typeof rowSchema>;

/**
 * The elements of a WebNLG file, one document each: entities = the distinct subjects and objects where they first occur as whole words,
 * relations = the triples. `meta` holds the element's index (from 0) and its first line (from 1). The id is the file's name without
 * extension, a hyphen and the index. In the account a line is an element.
 *
 * @throws DataError `data/cannot-read`, `data/file-too-large`; under "strict" also the code of the first defect of severity "error".
 */
export async function* readWebnlg(
  path: string,
  options: ReadDocumentsOptions = {},
): AsyncGenerator<RowOutcome<Document>> {
  const text = await readText(path, options.signal);
  if (text === undefined) {
    const invalid = defect("data/invalid-utf8", `${path}:1`, "the file is not valid UTF-8");
    yield judgeRow<Document>(
      { line: 1, lines: 1 },
      { value: undefined, defects: [invalid] },
      () => [],
      options,
    );
    return;
  }
  const marked = text.startsWith("\ufeff");
  const prefix = basename(path, extname(path));
  let index = 0;
  for (const part of splitJsonList(marked ? text.slice(1) : text)) {
    options.signal?.throwIfAborted();
    const place = `${path}:${part.line}`;
    const at = { line: part.line, lines: 1 };
    const parsed =
      part.kind === "fault"
        ? { defects: [defect("data/not-json", place, part.message)] }
        : parseElement(part.text, `${prefix}-${index}`, { index, line: part.line }, place, options);
    yield judgeRow<Document>(at, { value: parsed.value, defects: parsed.defects }, () => [], options);
    index++;
  }
  if (marked) {
    const mark = defect(
      "data/byte-order-mark",
      `${path}:1`,
      "the file starts with a UTF-8 byte order mark",
      "EF BB BF",
    );
    yield { kind: "file", defects: weighDefects([mark], options) };
  }
}

/** WebNLG, for the registry. */
export const webnlgFormat: DocumentFormat = {
  name: "webnlg",
  description: "WebNLG triples: a JSON list of texts with subject, relation and object",
  read: readWebnlg,
};

/** The file's text with its byte order mark; undefined when it is not UTF-8. */
async function readText(path: string, signal: AbortSignal | undefined): Promise<string | undefined> {
  let bytes: Buffer;
  try {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES) throw tooLarge(path, size);
    bytes = await readFile(path, signal === undefined ? {} : { signal });
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw error instanceof DataError ? error : cannotRead("readWebnlg", path, error);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return undefined;
  }
}

function parseElement(
  json: string,
  id: string,
  at: { readonly index: number; readonly line: number },
  place: string,
  { maxLineBytes = MAX_LINE_BYTES, relationLabels }: ReadDocumentsOptions,
): Parsed<Document> {
  if (json.length > maxLineBytes) {
    const message = `the element has ${json.length} characters, the limit is ${maxLineBytes}`;
    return { defects: [defect("data/block-too-long", place, message, json.length)] };
  }
  const parsed = parseJsonLine(json, place);
  if (parsed.defects.length > 0) return { defects: parsed.defects };
  const shape = rowSchema.safeParse(parsed.value);
  if (!shape.success) {
    return {
      defects: shape.error.issues.map((issue) => {
        const code = issue.code === "unrecognized_keys" ? "data/unknown-field" : "data/wrong-type";
        return defect(code, place, `${issue.path.join(".") || "the element"}: ${issue.message}`, json);
      }),
    };
  }
  return checkLabels(toDocument(shape.data, id, at, place), relationLabels, place);
}

function toDocument(
  { text, triple_list: triples }: Row,
  id: string,
  meta: { readonly index: number; readonly line: number },
  place: string,
): Parsed<Document> {
  const defects: Defect[] = [];
  const positions = new Map<string, number>();
  const entities: { start: number; end: number; label: string }[] = [];
  for (const name of triples.flatMap(([subject, , object]) => [subject, object])) {
    if (positions.has(name)) continue;
    positions.set(name, entities.length);
    const [first, ...others] = occurrences(text, name);
    if (first === undefined) {
      defects.push(defect("data/mention-not-found", place, `${quote(name)} is no words of the text`, name));
      continue;
    }
    if (others.length > 0) {
      const message = `${quote(name)} occurs ${others.length + 1} times; the first is taken`;
      defects.push(defect("data/ambiguous-mention", place, message, name));
    }
    entities.push({ ...first, label: ENTITY_LABEL });
  }
  if (defects.some(({ severity }) => severity === "error")) return { defects };
  const relations = triples.map(([subject, label, object]) => ({
    head: positions.get(subject) ?? 0, // each subject and object has its place: see above
    tail: positions.get(object) ?? 0,
    label,
  }));
  const parsed = parseDocument({ id, text, entities, relations, meta: { ...meta } }, place);
  return { ...parsed, defects: [...defects, ...parsed.defects] };
}

/** Where a name stands in a text without cutting a word (letters and digits) in two. */
function occurrences(text: string, name: string): Span[] {
  const found: Span[] = [];
  if (name === "") return found;
  for (let start = text.indexOf(name); start !== -1; start = text.indexOf(name, start + 1)) {
    const end = start + name.length;
    if (!insideWord(text, start) && !insideWord(text, end)) found.push({ start, end });
  }
  return found;
}

function insideWord(text: string, offset: number): boolean {
  return (
    /[\p{L}\p{N}]$/u.test(text.slice(Math.max(0, offset - 2), offset)) &&
    /^[\p{L}\p{N}]/u.test(text.slice(offset, offset + 2))
  );
}

function tooLarge(path: string, size: number): DataError {
  return new DataError({
    code: "data/file-too-large",
    message: `readWebnlg: ${path} has ${size} bytes, the limit is ${MAX_FILE_BYTES}`,
    place: path,
    value: size,
    remedy: "Divide the list into several files.",
  });
}
