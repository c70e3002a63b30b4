// Turns documents into examples of the category model: a text's tokens, its category and the picture's features; counts what was left out.

import { counted } from "../../base/counted.ts";
import { DataError } from "../../base/errors.ts";
import type { OnPreparation } from "../../base/progress.ts";
import { atOnce, type Pausable } from "../../base/turns.ts";
import type { Document } from "../../data/document.ts";
import type { LabelSet } from "../../data/labels.ts";
import type { DocumentSet } from "../../data/readers.ts";
import type { TextTokenizer } from "../../encoders/tokenizing/tokenizer.ts";
import { cutLongWords, type Word } from "../../encoders/tokenizing/words.ts";
import type { VisualFeatures, VisualInput } from "../../visual/visual-channel.ts";
import type { ClassExample } from "../shared/class-model.ts";
import { documentVisuals } from "../shared/prepare-documents.ts";
import type { PreparedSet } from "../shared/training-task.ts";
import { uncutWordsOf } from "../shared/words.ts";

/** A text's tokens, special tokens included. */
export interface TextInput {
  readonly ids: readonly number[];
  /** Whether the text was longer than the model. */
  readonly isCut: boolean;
}

/** A post in the model's form. */
export interface CategoryExample extends ClassExample {
  readonly input: TextInput;
  /** Undefined: the document has no usable picture. */
  readonly visual: VisualFeatures | undefined;
}

export interface TextOptions {
  readonly tokenizer: TextTokenizer;
  readonly maxLength: number;
  /** Cut over-long texts at the end and count them, or refuse them. */
  readonly truncation: "report" | "error";
}

/** The model's input for the words of a text. @throws EncoderError `encoder/text-too-long` with truncation "error" */
function textInput(words: readonly Word[], options: TextOptions): TextInput {
  return atOnce(readingText(words, options));
}

/** Runs `textInput` as work that can pause; reads no further than the model does. */
export function* readingText(
  words: readonly Word[],
  { tokenizer, maxLength, truncation }: TextOptions,
): Pausable<TextInput> {
  const { prefixIds, suffixIds } = tokenizer;
  const room = maxLength - suffixIds.length;
  const ids = [...prefixIds];
  let isCut = false;
  for (const word of cutLongWords(words)) {
    yield;
    const subwords = tokenizer.encodeWord(word.text);
    isCut = ids.length + subwords.length > room;
    if (isCut) break;
    ids.push(...subwords.map(({ id }) => id));
  }
  if (isCut && truncation === "error") tokenizer.encodeWords(words, { maxLength, overlong: "error" }); // throws, and counts what is too much
  return { ids: [...ids, ...suffixIds], isCut };
}

/** Labelled documents, and how to turn them into examples. */
export interface CategoryRequest extends TextOptions {
  readonly set: DocumentSet;
  readonly labels: LabelSet;
  readonly visual: VisualInput | undefined;
  readonly onPreparation: OnPreparation;
}

/**
 * Builds one example for each document with a category; the others are left out and counted. Annotated entities and relations are not used: not
 * even to cut words, since extraction does not know them.
 *
 * @throws DataError `data/unknown-category`
 */
export async function prepareCategories(request: CategoryRequest): Promise<PreparedSet<CategoryExample>> {
  const { set, labels, visual, onPreparation } = request;
  requireKnownCategories(set, labels);
  const documents = set.documents.filter(({ category }) => category !== undefined);
  const { visualOf, accountOf } = await documentVisuals(documents, visual, onPreparation);
  const examples = documents.map(
    (document): CategoryExample => ({
      id: document.id,
      input: textInput(uncutWordsOf(document, request.tokenizer), request),
      label: labels.indexOf(document.category!.label), // the others were left out
      visual: visualOf(document),
      probability: document.category!.probability,
    }),
  );
  const cut = examples.filter(({ input }) => input.isCut).length;
  return {
    documents,
    examples,
    account: {
      ...accountOf(set.report, examples, cut),
      unlabelled: set.documents.length - documents.length,
      unknownRelations: {},
    },
  };
}

/** Refuses documents with categories that the model does not know. @throws DataError `data/unknown-category` */
function requireKnownCategories({ documents, report }: DocumentSet, labels: LabelSet): void {
  const found = new Set(documents.flatMap(({ category }: Document) => category?.label ?? []));
  const unknown = [...found].filter((label) => labels.indexOf(label) === undefined);
  if (unknown.length === 0) return;
  throw new DataError({
    code: "data/unknown-category",
    message: `${report.source} has documents of ${counted(unknown.length, "unknown category", "unknown categories")}: ${unknown.join(", ")}`,
    place: report.source,
    value: unknown,
    remedy: `Known categories: ${labels.labels.join(", ")}. To train on more, list all of them in data.categories.`,
  });
}
