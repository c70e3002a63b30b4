// Documents that were read in this page and can be corrected here, without a documents file at the server.
import { uncertaintyOf } from "../../src/extract/uncertainty.ts";
import type { Answer, TrainingDocument } from "../api/types.ts";

/** A document with what the model found, and its picture if it has one. */
export interface LocalDocument {
  readonly document: TrainingDocument;
  readonly uncertainty: number;
  /** Kept for this tab only. */
  readonly picture?: File | undefined;
}

/** Makes a document from an answer. A picture is named by its file's name. */
export function localDocument(
  id: string,
  text: string,
  answer: Pick<Answer, "entities" | "relations" | "category">,
  picture?: File,
): LocalDocument {
  const document: TrainingDocument = {
    id,
    text,
    ...(picture === undefined ? {} : { image: picture.name }),
    entities: answer.entities.map(({ start, end, label, probability }) => ({
      start,
      end,
      label,
      ...(probability === undefined ? {} : { probability }),
    })),
    relations: answer.relations.map(({ head, tail, label, probability }) => ({
      head,
      tail,
      label,
      probability,
    })),
    ...(answer.category === undefined ? {} : { category: answer.category }),
  };
  return { document, uncertainty: uncertaintyOf(answer), picture };
}
