// Reads WebNLG triples: a JSON list, or JSON lines, of texts with subject, relation and object, which are then located in the text.
import { basename, extname } from "node:path";
import { z } from "zod";
import { isFields } from "../base/fields.ts";
import { fieldName, VALUES_SHOWN } from "../base/schema-issues.ts";
import { type Defect, defect, quote } from "./defects.ts";
import type { Document, Span } from "./document.ts";
import { checkLabels } from "./document-checks.ts";
import type { DocumentFormat, ReadDocumentsOptions } from "./document-format.ts";
import { parseJsonLine } from "./jsonl.ts";
import { parseDocument } from "./parse-document.ts";
import { type Parsed, type RowOutcome, type RowParser, readRows } from "./rows.ts";
import { otherFields } from "./tokenised/corpus.ts";
import { insideWord } from "./word-edges.ts";

/** WebNLG has no entity types. */
const ENTITY_LABEL = "entity";

const rowSchema = z.looseObject({
  text: z.string(),
  triple_list: z.array(z.tuple([z.string(), z.string(), z.string()])),
});
type Row = z.infer<typeof rowSchema>;

/**
 * Reads the elements of a WebNLG file, a JSON list or JSON lines, as documents: entities = the distinct subjects and objects at their first
 * occurrence as whole words, relations = the triples. `meta` has the element's index (from 0), its first line (from 1), and its other
 * fields. The id is the file's name without extension, a hyphen and the index. In the report a line is an element.
 *
 * @throws DataError `data/cannot-read`; under "strict" also the code of the first defect of severity "error".
 */
function readWebnlg(path: string, options: ReadDocumentsOptions = {}): AsyncGenerator<RowOutcome<Document>> {
  const prefix = basename(path, extname(path));
  let index = 0;
  const parser: RowParser<Document> = {
    form: "json",
    lists: true,
    parse: (text, place, line) => {
      const at = { index: index++, line };
      return parseElement(text, `${prefix}-${at.index}`, at, place, options);
    },
  };
  return readRows(path, parser, options);
}

/** WebNLG, for the registry. */
export const webnlgFormat: DocumentFormat = {
  name: "webnlg",
  description: "WebNLG triples: a JSON list, or JSON lines, of texts with subject, relation and object",
  recognises: ({ values: [first] }) => isFields(first) && Array.isArray(first.triple_list),
  read: readWebnlg,
};

function parseElement(
  json: string,
  id: string,
  at: { readonly index: number; readonly line: number },
  place: string,
  { noneLabel, relationLabels }: ReadDocumentsOptions,
): Parsed<Document> {
  const parsed = parseJsonLine(json, place);
  if (parsed.defects.length > 0) return { defects: parsed.defects };
  const shape = rowSchema.safeParse(parsed.value, VALUES_SHOWN);
  if (!shape.success) {
    return {
      defects: shape.error.issues.map((issue) =>
        defect("data/wrong-type", place, `${fieldName(issue.path, "the element")}: ${issue.message}`, json),
      ),
    };
  }
  return checkLabels(
    toDocument(shape.data, id, at, place),
    { ...(noneLabel !== undefined && { noneLabel }), ...(relationLabels && { relationLabels }) },
    place,
  );
}

function toDocument(
  row: Row,
  id: string,
  meta: { readonly index: number; readonly line: number },
  place: string,
): Parsed<Document> {
  const { text, triple_list: triples } = row;
  const defects: Defect[] = [];
  const positions = new Map<string, number>();
  const entities: { start: number; end: number; label: string }[] = [];
  for (const name of triples.flatMap(([subject, , object]) => [subject, object])) {
    if (positions.has(name)) continue;
    positions.set(name, entities.length);
    const [first, ...others] = occurrences(text, name);
    if (first === undefined) {
      defects.push(
        defect(
          "data/mention-not-found",
          place,
          `${quote(name)} does not occur in the text as whole words`,
          name,
        ),
      );
      continue;
    }
    if (others.length > 0) {
      const message = `${quote(name)} occurs ${others.length + 1} times; the first occurrence is used`;
      defects.push(defect("data/ambiguous-mention", place, message, name));
    }
    entities.push({ ...first, label: ENTITY_LABEL });
  }
  if (defects.some(({ severity }) => severity === "error")) return { defects };
  const relations = triples.map(([subject, label, object]) => ({
    head: positions.get(subject) ?? 0, // each subject and object has a position: see above
    tail: positions.get(object) ?? 0,
    label,
  }));
  const parsed = parseDocument(
    { id, text, entities, relations, meta: { ...otherFields(row, rowSchema), ...meta } },
    place,
  );
  return { ...parsed, defects: [...defects, ...parsed.defects] };
}

/** Where a name occurs in a text without cutting a word (letters and digits). */
export function occurrences(text: string, name: string): Span[] {
  const found: Span[] = [];
  if (name === "") return found;
  for (let start = text.indexOf(name); start !== -1; start = text.indexOf(name, start + 1)) {
    const end = start + name.length;
    if (!insideWord(text, start) && !insideWord(text, end)) found.push({ start, end });
  }
  return found;
}
