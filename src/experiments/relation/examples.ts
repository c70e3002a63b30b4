// From documents to what the relation model reads: tokens with markers, mention spans, a label index, the picture's features.
import type { Document, LabelSet, Relation } from "../../data/index.ts";
import {
  type EntityMarkers,
  type RelationInput,
  relationInput,
  type TextTokenizer,
} from "../../encoders/tokenizing/index.ts";
import { DataError } from "../../errors.ts";
import { wordRange, wordsOf } from "../model/words.ts";
import type { VisualFeatures } from "../visual/visual-channel.ts";

/** One question: a document and a pair of its mentions. */
export interface RelationExample {
  /** The document's id, and the relation's number where a document has several. */
  readonly id: string;
  readonly input: RelationInput;
  /** Index into the label set; undefined when only a prediction is wanted. */
  readonly label: number | undefined;
  /** Undefined: the document has no usable picture. */
  readonly visual: VisualFeatures | undefined;
}

export interface ExampleOptions {
  readonly tokenizer: TextTokenizer;
  readonly markers: EntityMarkers;
  readonly maxLength: number;
  /** Cut over-long texts around the mentions and count them, or refuse them. */
  readonly truncation: "report" | "error";
}

/** What was cut while examples were made. */
export interface ExampleReport {
  readonly examples: number;
  readonly truncated: number;
  /** Tokens left out, over all truncated texts. */
  readonly tokensCut: number;
}

/** A relation with its label where it is known. */
type Question = Pick<Relation, "head" | "tail"> & { readonly label?: string };

/** The model's input for one pair of mentions of a document. */
export function inputOf(
  document: Document,
  { head, tail }: Question,
  options: ExampleOptions,
): RelationInput {
  const words = wordsOf(document);
  const range = (entity: number, name: string): readonly [number, number] => {
    const span = document.entities[entity]!; // readers refuse relations to entities that do not exist
    const found = wordRange(words, span);
    if (found) return found;
    throw new DataError({
      code: "data/mention-without-words",
      message: `examples: the ${name} ${JSON.stringify(document.text.slice(span.start, span.end))} holds no word`,
      place: document.id,
      remedy: "Mark a range that has at least one visible character.",
    });
  };
  return relationInput(options.tokenizer, options.markers, words, range(head, "head"), range(tail, "tail"), {
    maxLength: options.maxLength,
    overlong: options.truncation === "report" ? "truncate" : "error",
    emptyMention: "unknown-token",
  });
}

/**
 * Examples of all relations of `documents`, in order.
 *
 * @param visualOf features of a document's picture
 * @throws DataError `data/unknown-label` for a relation outside `labels`; EncoderError `encoder/text-too-long` with truncation "error"
 */
export function relationExamples(
  documents: readonly Document[],
  labels: LabelSet,
  options: ExampleOptions,
  visualOf: (document: Document) => VisualFeatures | undefined,
): { readonly examples: readonly RelationExample[]; readonly report: ExampleReport } {
  let truncated = 0;
  let tokensCut = 0;
  const examples = documents.flatMap((document) =>
    document.relations.map((relation, i): RelationExample => {
      const label = labels.indexOf(relation.label);
      if (label === undefined) {
        throw new DataError({
          code: "data/unknown-label",
          message: `examples: the relation ${JSON.stringify(relation.label)} is not in the label set`,
          place: document.id,
          value: relation.label,
          remedy: `Known relations: ${labels.labels.join(", ")}.`,
        });
      }
      const input = inputOf(document, relation, options);
      if (input.truncated) {
        truncated++;
        tokensCut += input.truncated.tokens;
      }
      const id = document.relations.length === 1 ? document.id : `${document.id}#${i}`;
      return { id, input, label, visual: visualOf(document) };
    }),
  );
  return { examples, report: { examples: examples.length, truncated, tokensCut } };
}
