// Reports entities that an entity model cannot be trained on, before any training starts.
import { type Defect, defect, quote } from "../../data/defects.ts";
import type { Document } from "../../data/document.ts";
import { MAX_LISTED } from "../../data/report.ts";
import { untaggableEntities } from "./examples.ts";

/** Sees the documents of a file one by one, and counts entities that overlap others or contain no word. */
export class OverlapSurvey {
  readonly #source: string;
  /** One for each of the first documents that have such entities. */
  readonly defects: Defect[] = [];
  /** Further documents that have some. */
  unlisted = 0;
  /** Entities that tags cannot express. */
  untaggable = 0;

  /** @param source the file, by its name */
  constructor(source: string) {
    this.#source = source;
  }

  see(document: Document): void {
    const lost = untaggableEntities(document);
    if (lost === 0) return;
    this.untaggable += lost;
    if (this.defects.length >= MAX_LISTED) {
      this.unlisted++;
      return;
    }
    const place = `${this.#source}, document ${quote(document.id)}`;
    const message = `${lost} of ${document.entities.length} entities overlap a longer one or hold no word`;
    this.defects.push(defect("data/overlapping-entities", place, message, lost));
  }
}
