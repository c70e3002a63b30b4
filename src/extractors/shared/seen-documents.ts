// Tells whether a model has seen documents before: compares them with the digests of its training and validation texts, and refuses a score that would say nothing.

import { counted } from "../../base/counted.ts";
import { DataError } from "../../base/errors.ts";
import type { Document } from "../../data/document.ts";
import { digestOf, digestsIn, type SeenTexts, seenTexts } from "./seen-texts.ts";

/** What a model, or a bundle's models, have seen of some documents. */
export interface SeenDocuments {
  readonly documents: number;
  /** How many texts are training texts. */
  readonly trained: number;
  /** Whether a document's text is a training text. */
  isTrained(document: Pick<Document, "text">): boolean;
  /** How many texts are validation texts, on which the best epoch was chosen. */
  readonly chosen: number;
  /** Models without a record of their training, whose documents cannot be compared. */
  readonly unknown: readonly string[];
}

/** What a score says about documents that its model has seen. */
export interface SeenAccount {
  /** Documents whose texts the model was trained on. */
  readonly trained: number;
  /** Documents whose texts chose the best epoch. */
  readonly chosen: number;
  /** Whether the training of every model is on record; otherwise the counts are too low. */
  readonly checked: boolean;
  /** Micro F1 without the documents that the model was trained on; absent if there are none, or only such. */
  readonly unseenF1?: number | undefined;
}

/** From this share of training texts on, a score says more about memory than about new posts: with it, a model that has memorized them gains up to 0.1 of accuracy. */
const REFUSED_SHARE = 0.1;

/**
 * Compares documents with what models were trained on, by their texts; texts that differ only in white space and case are the same.
 *
 * @throws DataError `data/bad-run-record`
 */
export async function compareWithTraining(
  models: readonly string[],
  documents: readonly Pick<Document, "text">[],
): Promise<SeenDocuments> {
  const records = await Promise.all(models.map(seenTexts));
  const known = (split: keyof SeenTexts) =>
    new Set(records.flatMap((record) => digestsIn(record?.[split].texts)));
  const [train, validation] = [known("train"), known("validation")];
  const own = documents.map(digestOf);
  return {
    documents: documents.length,
    trained: own.filter((digest) => train.has(digest)).length,
    isTrained: (document) => train.has(digestOf(document)),
    chosen: own.filter((digest) => validation.has(digest)).length,
    unknown: models.filter((_, i) => records[i]?.train.texts === undefined),
  };
}

/** Who asks for a score, and on what. */
interface ScoreRequest {
  readonly model: string;
  readonly data: string;
  /** Whether a score on training documents is wanted all the same. */
  readonly allowTrainingData?: boolean | undefined;
}

/**
 * Refuses to score documents that the model was trained on: a tenth of them or more.
 *
 * @throws DataError `data/trained-on`
 */
export function requireUnseen(
  { documents, trained: count, chosen }: SeenDocuments,
  { model, data, allowTrainingData = false }: ScoreRequest,
): void {
  if (allowTrainingData || count === 0 || count < REFUSED_SHARE * documents) return;
  if (chosen === documents) return; // the run's own validation documents: training told what they share, and the notes tell it again
  const all = counted(documents, "document");
  throw new DataError({
    code: "data/trained-on",
    message:
      count === documents
        ? `${model} was trained on the texts of all ${all} of ${data}: a score on them says nothing about new posts`
        : `${model} was trained on the texts of ${count} of the ${all} of ${data}: the score would be too high`,
    place: data,
    value: { trained: count, documents },
    remedy:
      "Score it on documents that it has not seen. To score it on these all the same, for instance to see how well it fits them, use --allow-training-data.",
  });
}

/**
 * Returns the counts of seen documents.
 *
 * @param unseen computes the micro F1 without the documents that the model was trained on
 */
export function seenAccount(
  { documents, trained, chosen, unknown }: SeenDocuments,
  unseen: () => number,
): SeenAccount {
  return {
    trained,
    chosen,
    checked: unknown.length === 0,
    ...(trained > 0 && trained < documents ? { unseenF1: unseen() } : {}),
  };
}

/** Notes on a score: what the model has seen of the documents, and what cannot be known. */
export function seenNotes(
  { documents, unknown }: SeenDocuments,
  { trained, chosen, unseenF1 }: SeenAccount,
  score = "micro F1",
): string[] {
  const all = counted(documents, "document");
  const rest = counted(documents - trained, "other");
  return [
    ...(trained > 0
      ? [
          `warning: the model was trained on the texts of ${trained} of these ${all}: the scores are too high${unseenF1 === undefined ? "" : `; on the ${rest} alone, ${score} is ${unseenF1.toFixed(4)}`}`,
        ]
      : []),
    ...(chosen > 0
      ? [
          `warning: ${chosen} of these ${all} ${chosen === 1 ? "is a validation document" : "are validation documents"}, on which the best epoch was chosen: on other documents, scores will be lower`,
        ]
      : []),
    ...unknown.map(
      (model) =>
        `note: ${model} has no record of its training with it, so it cannot be checked whether it was trained on these documents`,
    ),
  ];
}
