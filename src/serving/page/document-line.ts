// One line of relata's document format as a document.
import { defectError } from "../../data/defects.ts";
import type { Document } from "../../data/document.ts";
import { parseJsonLine } from "../../data/jsonl.ts";
import { parseDocument } from "../../data/parse-document.ts";

/** @throws DataError the code of the line's first fault */
export function documentOfLine(text: string, place: string): Document {
  const json = parseJsonLine(text, place);
  const parsed = json.defects.length > 0 ? { defects: json.defects } : parseDocument(json.value, place);
  const fatal = parsed.defects.find(({ severity }) => severity === "error");
  if (fatal) throw defectError(fatal);
  return parsed.value!; // without an error there is a value
}
