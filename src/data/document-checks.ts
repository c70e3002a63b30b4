// Checks for documents of every format: duplicate ids, and relations outside a given label set.
import { type Defect, defect, quote } from "./defects.ts";
import type { Document, DocumentId } from "./document.ts";
import type { ReadDocumentsOptions } from "./document-format.ts";
import { unknownLabels } from "./labels.ts";
import { withNone } from "./none-label.ts";
import type { Parsed } from "./rows.ts";

/** Reports documents with the id of an earlier one. */
export class SeenIds {
  readonly #firstPlace = new Map<DocumentId, string>();

  compare({ id }: Document, place: string): readonly Defect[] {
    const earlier = this.#firstPlace.get(id);
    if (earlier !== undefined) {
      return [defect("data/duplicate-id", place, `id ${quote(id)} is already used by ${earlier}`, id)];
    }
    this.#firstPlace.set(id, place);
    return [];
  }
}

/** A parsed document with "None" for no relation, and the defects of its relation labels if there is a label set. */
export function checkLabels(
  parsed: Parsed<Document>,
  { noneLabel, relationLabels }: Pick<ReadDocumentsOptions, "noneLabel" | "relationLabels">,
  place: string,
): Parsed<Document> {
  if (parsed.value === undefined) return parsed;
  const value = withNone(parsed.value, noneLabel);
  if (relationLabels === undefined) return { ...parsed, value };
  return { value, defects: [...parsed.defects, ...unknownLabels(value, relationLabels, place)] };
}
