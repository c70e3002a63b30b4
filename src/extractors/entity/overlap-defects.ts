// Reports entities that an entity model cannot be trained on, before any training starts.
import { type Defect, defect, quote } from "../../data/defects.ts";
import type { DocumentSet } from "../../data/readers.ts";
import { untaggableEntities } from "./examples.ts";

export interface Overlaps {
  /** Entities that tags cannot express. */
  readonly untaggable: number;
  /** One for each document that has such entities. */
  readonly defects: readonly Defect[];
}

/** The entities of a file that overlap others or contain no word. */
export function overlapsIn({ documents, report }: DocumentSet): Overlaps {
  let untaggable = 0;
  const defects: Defect[] = [];
  for (const document of documents) {
    const lost = untaggableEntities(document);
    if (lost === 0) continue;
    untaggable += lost;
    const place = `${report.source}, document ${quote(document.id)}`;
    const message = `${lost} of ${document.entities.length} entities overlap a longer one or hold no word`;
    defects.push(defect("data/overlapping-entities", place, message, lost));
  }
  return { untaggable, defects };
}
