// One line of relata's document format as a document, and one line of a file of posts.
import { defectError } from "../../data/defects.ts";
import type { Document } from "../../data/document.ts";
import { withExactId } from "../../data/exact-ids.ts";
import { ExtraFields } from "../../data/extra-fields.ts";
import { parseJsonLine } from "../../data/jsonl.ts";
import { parseDocument } from "../../data/parse-document.ts";
import type { Parsed } from "../../data/rows.ts";

/** @throws DataError the code of the line's first fault */
export function documentOfLine(text: string, place: string): Document {
  const json = parseJsonLine(text, place);
  return requireDocument(
    json.defects.length > 0 ? { defects: json.defects } : parseDocument(json.value, place),
  );
}

/**
 * A line that may be a post which nobody has labelled: without entities, with a number as id, with fields of its own, which are kept in `meta`.
 *
 * @throws DataError the code of the line's first fault
 */
export function postOfLine(text: string, place: string): Document {
  const json = parseJsonLine(text, place);
  if (json.defects.length > 0) return requireDocument({ defects: json.defects });
  const value = withEntities(withExactId(json.value, text));
  return requireDocument(parseDocument(value, place, { extra: new ExtraFields() }));
}

function withEntities(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const { entities, category } = value as Readonly<Record<string, unknown>>;
  return entities == null && category == null ? { ...value, entities: [] } : value;
}

function requireDocument(parsed: Parsed<Document>): Document {
  const fatal = parsed.defects.find(({ severity }) => severity === "error");
  if (fatal) throw defectError(fatal);
  return parsed.value!; // without an error there is a value
}
