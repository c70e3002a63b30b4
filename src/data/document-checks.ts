// What readers of documents check in every format: ids that occur twice, and relations outside a given label set.
import { type Defect, defect, quote } from "./defects.ts";
import type { Document, DocumentId } from "./document.ts";
import type { LabelSet } from "./labels.ts";
import { unknownLabels } from "./labels.ts";
import type { Parsed } from "./rows.ts";

/** Names documents whose id an earlier one has. */
export class SeenIds {
  readonly #firstPlace = new Map<DocumentId, string>();

  compare({ id }: Document, place: string): readonly Defect[] {
    const earlier = this.#firstPlace.get(id);
    if (earlier !== undefined) {
      return [defect("data/duplicate-id", place, `id ${quote(id)} is already that of ${earlier}`, id)];
    }
    this.#firstPlace.set(id, place);
    return [];
  }
}

/** A parsed document with the defects of its relations' labels, when a label set is given. */
export function checkLabels(
  parsed: Parsed<Document>,
  labels: LabelSet | undefined,
  place: string,
): Parsed<Document> {
  if (parsed.value === undefined || labels === undefined) return parsed;
  return { ...parsed, defects: [...parsed.defects, ...unknownLabels(parsed.value, labels, place)] };
}
