// Turns the annotations of a text into rows: the annotators whose work is read, the documents, and what was left out.
import { type Annotations, type Defect, defect } from "../defects.ts";
import type { Category, Document } from "../document.ts";
import { checkLabels } from "../document-checks.ts";
import type { ReadDocumentsOptions } from "../document-format.ts";
import { withOwnFields } from "../own-fields.ts";
import { parseDocument } from "../parse-document.ts";
import type { Parsed } from "../rows.ts";
import type { AnnotationSet } from "./annotation-set.ts";
import { chosenSets, sum } from "./annotators.ts";
import type { MentionUnits } from "./mention-units.ts";

/** Tasks hold more than their text: earlier annotations, predictions, sometimes pictures. */
export const MAX_TASK_BYTES = 64 * 1024 * 1024;

/** A text to annotate. */
export interface Task {
  readonly id: string;
  readonly text: string;
  readonly image?: string | undefined;
  readonly category?: Category | undefined;
  /** Other fields. */
  readonly meta?: Readonly<Record<string, unknown>> | undefined;
}

/** Annotations that are not used at all, and why. */
export interface Unused {
  readonly found: Annotations;
  readonly defects: readonly Defect[];
}

interface TaskContext {
  readonly place: string;
  readonly options: ReadDocumentsOptions;
  readonly units: MentionUnits;
}

/** The rows of a task: a document for each set that is read, or one row without a document. */
export function taskRows(
  given: Task,
  sets: readonly AnnotationSet[],
  unused: Unused,
  { place, options, units }: TaskContext,
): readonly Parsed<Document>[] {
  const task = withOwnFields(given);
  if (sets.length === 0) {
    const why =
      unused.defects.length > 0 ? [] : [defect("data/unannotated", place, "nobody annotated it: left out")];
    return [{ leftOut: true, found: unused.found, defects: [...unused.defects, ...why] }];
  }
  const chosen = chosenSets(sets, options.annotators ?? "first", place);
  const names = new Set<string>();
  return chosen.map((set, i) => {
    const id = chosen.length === 1 ? task.id : ownId(task.id, set.annotator, names);
    const parsed = checkLabels(documentOf({ ...task, id }, set, place, units), options, place);
    const extra = i === 0 ? unused : { found: { entities: 0, relations: 0 }, defects: [] };
    return {
      value: parsed.value,
      found: sum([set.found, extra.found]),
      defects: [...extra.defects, ...set.defects, ...parsed.defects],
    };
  });
}

/** The id of one of several documents of a task. */
function ownId(id: string, annotator: string, taken: Set<string>): string {
  let own = `${id}@${annotator}`;
  for (let time = 2; taken.has(own); time++) own = `${id}@${annotator}-${time}`;
  taken.add(own);
  return own;
}

function documentOf(
  { id, text, image, category: given, meta }: Task,
  { entities, relations, category: chosen, meta: own }: AnnotationSet,
  place: string,
  units: MentionUnits,
): Parsed<Document> {
  const all = { ...meta, ...own };
  const category = chosen ?? given;
  const document = {
    id,
    text,
    ...(image !== undefined && { image }),
    entities: entities.map(units.in(text)),
    relations,
    ...(category !== undefined && { category }),
    ...(Object.keys(all).length > 0 && { meta: all }),
  };
  return parseDocument(document, place, { offsets: "utf-16" });
}
