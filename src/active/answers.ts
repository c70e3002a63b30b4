// Answers to a batch: from labels that were hidden, or from a person's file.
import { existsSync } from "node:fs";
import { counted } from "../base/counted.ts";
import { DataError } from "../base/errors.ts";
import type { Document } from "../data/document.ts";
import { type ReadFileOptions, readDocuments } from "../data/readers.ts";
import { ownDocuments, type RoundFiles } from "./run-files.ts";

/** What came back for a batch. */
export interface Answers {
  readonly documents: readonly Document[];
  readonly rejected: number;
  /** Ids of those without an answer. */
  readonly again: readonly string[];
  /** In US dollars. */
  readonly cost: number;
}

/** Answers with the labels of other documents of the same ids and texts. @throws DataError `active/no-answer` */
export function goldAnswers(
  batch: readonly Document[],
  gold: ReadonlyMap<string, Document>,
  place: string,
): Answers {
  const documents = batch.map((asked) => {
    const answer = gold.get(asked.id);
    if (answer !== undefined && answer.text === asked.text) return answer;
    throw new DataError({
      code: "active/no-answer",
      message:
        answer === undefined
          ? `${place} has no document ${JSON.stringify(asked.id)}, which is asked about`
          : `the document ${JSON.stringify(asked.id)} of ${place} has another text than that of the pool`,
      place,
      value: asked.id,
      remedy: "Name a file with labels for the whole pool: --ask gold:FILE.",
    });
  });
  return { documents, rejected: 0, again: [], cost: 0 };
}

/**
 * Reads what a person has answered: the named file, or what the page has saved in the round's folder. Undefined if there is nothing yet.
 *
 * @throws DataError `active/bad-answer`, `active/answers-missing`, and the codes of the readers
 */
export async function personAnswers(
  batch: readonly Document[],
  files: RoundFiles,
  { file, partial, reading }: { file: string | undefined; partial: boolean; reading: ReadFileOptions },
): Promise<Answers | undefined> {
  const place = file ?? (existsSync(files.corrections) ? files.corrections : undefined);
  if (place === undefined) return undefined;
  const { documents } =
    file === undefined
      ? { documents: await ownDocuments(place) }
      : await readDocuments(place, { ...reading, policy: "strict" });
  const rejected = existsSync(files.rejected) ? await ownDocuments(files.rejected) : [];
  const asked = new Map(batch.map((document) => [document.id, document]));
  for (const { id, text } of documents) {
    const one = asked.get(id);
    if (one === undefined) throw badAnswer(place, id, "was not asked about in this round");
    if (one.text !== text) throw badAnswer(place, id, "has another text than the one that was asked about");
  }
  const back = new Set([...documents, ...rejected].map(({ id }) => id));
  const missing = batch.filter(({ id }) => !back.has(id));
  if (missing.length > 0 && !partial) throw answersMissing(place, missing, batch.length);
  return {
    documents: documents.map(certain),
    rejected: batch.length - documents.length - missing.length,
    again: missing.map(({ id }) => id),
    cost: 0,
  };
}

/** A person has looked at every label: the probabilities of the model's proposals say nothing any more. */
function certain(document: Document): Document {
  const bare = <Label extends { readonly probability?: number }>({ probability: _, ...label }: Label) =>
    label;
  return { ...document, entities: document.entities.map(bare), relations: document.relations.map(bare) };
}

function badAnswer(place: string, id: string, why: string): DataError {
  return new DataError({
    code: "active/bad-answer",
    message: `the document ${JSON.stringify(id)} of ${place} ${why}`,
    place,
    value: id,
    remedy: "Give back the documents of to-label.jsonl with their ids and texts, and only with other labels.",
  });
}

function answersMissing(place: string, missing: readonly Document[], asked: number): DataError {
  return new DataError({
    code: "active/answers-missing",
    message: `${counted(missing.length, "document")} of ${asked} have no answer in ${place}, the first is ${JSON.stringify(missing[0]!.id)}`,
    place,
    value: missing.map(({ id }) => id),
    remedy:
      "Answer them (or reject them in the page) and resume; or resume with --partial, which asks about them again later.",
  });
}
