// Corrected documents as lines that `relata train --train` takes.
import type { Correction, DocumentState, JsonObject, TrainingDocument } from "../api/types.ts";
import type { Marks } from "./edit.ts";

/** The marks that an editor begins with: those of the document, or what the model found if it has none. */
export function marksOf(document: Pick<TrainingDocument, "entities" | "relations" | "category">): Marks {
  const { entities, relations, category } = document;
  return { entities, relations, ...(category === undefined ? {} : { category: category.label }) };
}

/**
 * What a document is saved as.
 *
 * @param before what it was when it was opened: whoever accepts again what was corrected leaves it corrected
 * @param isChanged whether its labels differ from those that it was opened with
 */
export function decidedState(
  decision: "accept" | "reject",
  before: DocumentState,
  isChanged: boolean,
): Correction["state"] {
  if (decision === "reject") return "rejected";
  return isChanged || before === "corrected" ? "corrected" : "accepted";
}

/** What is saved of marks: a person has seen them, so they have no probabilities. */
export function correctionOf(marks: Marks, state: Correction["state"], by: string): Correction {
  return {
    entities: marks.entities.map(({ start, end, label }) => ({ start, end, label })),
    relations: marks.relations.map(({ head, tail, label }) => ({ head, tail, label })),
    ...(marks.category === undefined ? {} : { category: { label: marks.category } }),
    state,
    by,
  };
}

/** A saved document as a line of relata's format, with who and when. */
export function trainingLine(document: TrainingDocument, correction: Correction, at: string): string {
  const { entities, relations, category, state, by } = correction;
  const meta: JsonObject = { ...document.meta, annotation: { by, at, state } };
  const { id, text, image } = document;
  return JSON.stringify({
    id,
    text,
    ...(image === undefined ? {} : { image }),
    entities,
    relations,
    ...(category === undefined ? {} : { category }),
    meta,
  });
}
