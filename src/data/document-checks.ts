// Checks for documents of every format: duplicate ids, and relations outside a given label set.

import { CountList } from "../base/count-list.ts";
import { StringIndex } from "../base/string-index.ts";
import { type Defect, defect, quote } from "./defects.ts";
import type { Document } from "./document.ts";
import type { ReadDocumentsOptions } from "./document-format.ts";
import { unknownLabels } from "./labels.ts";
import { withNone } from "./none-label.ts";
import type { Parsed } from "./rows.ts";

/** A place is a path, a colon and a line. */
const LINE = /^(.*:)([1-9]\d{0,8})$/s;

/** Reports documents with the id of an earlier one. Ids are compared in full, and kept at some 30 bytes each. */
export class SeenIds {
  readonly #ids = new StringIndex();
  /** Of each id's first document: where it is, without the line, and the line. */
  readonly #files = new StringIndex();
  readonly #file = new CountList();
  readonly #line = new CountList();

  compare({ id }: Document, place: string): readonly Defect[] {
    const { size } = this.#ids;
    const number = this.#ids.add(id);
    if (number < size) {
      const message = `id ${quote(id)} is already used by ${this.#placeOf(number)}`;
      return [defect("data/duplicate-id", place, message, id)];
    }
    const [, file = place, line = 0] = LINE.exec(place) ?? [];
    this.#file.push(this.#files.add(file));
    this.#line.push(Number(line));
    return [];
  }

  #placeOf(number: number): string {
    const line = this.#line.at(number);
    return `${this.#files.at(this.#file.at(number))}${line === 0 ? "" : line}`;
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
