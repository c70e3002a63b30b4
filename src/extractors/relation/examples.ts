// Turns documents into relation model examples: tokens with markers, mention spans, a label index, and the picture's features.

import { DataError, RelataError } from "../../base/errors.ts";
import { atOnce, type Pausable } from "../../base/turns.ts";
import type { Document, Relation, Span } from "../../data/document.ts";
import type { LabelSet } from "../../data/labels.ts";
import type { EntityMarkers } from "../../encoders/tokenizing/markers.ts";
import { MentionText, type RelationInput } from "../../encoders/tokenizing/relation-input.ts";
import type { TextTokenizer } from "../../encoders/tokenizing/tokenizer.ts";
import type { PairReading } from "../../models/i2srm/mre.ts";
import type { VisualFeatures } from "../../visual/visual-channel.ts";
import type { LabelMask, LabelMasks } from "../pairs/label-masks.ts";
import type { WeightedExample } from "../shared/label-weights.ts";
import { cutAtMentions, uncutWordsOf, wordRange } from "../shared/words.ts";

/** One question: a document and a pair of its mentions. */
export interface RelationExample extends WeightedExample {
  /** The document's id; with `#` and the relation's number if several are annotated, with `~head-tail` if none is. */
  readonly id: string;
  readonly input: RelationInput;
  /** Index into the label set; undefined for prediction only. */
  readonly label: number | undefined;
  /** Undefined: the document has no usable picture. */
  readonly visual: VisualFeatures | undefined;
  /** The labels that the mentions' types allow. */
  readonly mask?: LabelMask | undefined;
}

export interface ExampleOptions {
  readonly tokenizer: TextTokenizer;
  readonly markers: EntityMarkers;
  readonly maxLength: number;
  /** Cut over-long texts around the mentions and count them, or refuse them. */
  readonly truncation: "report" | "error";
  /** "packed": the markers are not among the tokens, but behind them. Default "separate". */
  readonly pairReading?: PairReading | undefined;
}

/** What was cut while making examples. */
export interface ExampleReport {
  readonly examples: number;
  readonly truncated: number;
  /** Tokens left out, over all truncated texts. */
  readonly tokensCut: number;
  /** Unannotated pairs that do not fit into the model; left out. */
  readonly unaskable: number;
}

export interface RelationExamples {
  /** The documents, with one relation per example. */
  readonly documents: readonly Document[];
  readonly examples: readonly RelationExample[];
  readonly report: ExampleReport;
}

/** A text split into words, and its mentions. */
export interface TextWithMentions {
  /** Name used in errors. */
  readonly id: string;
  readonly text: string;
  /** In text order. */
  readonly words: readonly Span[];
  readonly mentions: readonly Span[];
}

/** Two mentions by their index. */
type Question = Pick<Relation, "head" | "tail">;

/** The model's input for one pair of mentions in a text. */
export function inputOf(text: TextWithMentions, pair: Question, options: ExampleOptions): RelationInput {
  return inputsOf(text, options)(pair);
}

/** Returns a function that builds the model's input for any pair of a text's mentions; the text is tokenised only once. */
function inputsOf(text: TextWithMentions, options: ExampleOptions): (pair: Question) => RelationInput {
  return atOnce(readingInputs(text, options));
}

/** Runs `inputsOf` as work that can pause. */
export function* readingInputs(
  { id, text, words: given, mentions }: TextWithMentions,
  options: ExampleOptions,
): Pausable<(pair: Question) => RelationInput> {
  const words = cutAtMentions(text, given, mentions);
  yield;
  const read = yield* MentionText.read(options.tokenizer, options.markers, words);
  const range = (mention: number, name: string): readonly [number, number] => {
    const span = mentions[mention]!; // readers refuse relations to entities that do not exist
    const found = wordRange(words, span);
    if (found) return found;
    throw new DataError({
      code: "data/mention-without-words",
      message: `the ${name} ${JSON.stringify(text.slice(span.start, span.end))} contains no word`,
      place: id,
      remedy: "Mark a range with at least one visible character.",
    });
  };
  const how = {
    maxLength: options.maxLength,
    overlong: options.truncation === "report" ? "truncate" : "error",
    emptyMention: "unknown-token",
  } as const;
  const isPacked = options.pairReading === "packed";
  return ({ head, tail }) => {
    const [first, second] = [range(head, "head"), range(tail, "tail")];
    return isPacked ? read.unmarked(first, second, how) : read.input(first, second, how);
  };
}

/** Further facts about the pairs. */
export interface PairKnowledge {
  /** Relations that nobody annotated. */
  readonly made: ReadonlySet<Relation>;
  readonly masks: LabelMasks | undefined;
}

const NOTHING_KNOWN: PairKnowledge = { made: new Set(), masks: undefined };

/** Why an unannotated pair is left out: extraction leaves it out as well. */
const UNASKABLE: ReadonlySet<string> = new Set(["encoder/mentions-too-long", "data/mention-without-words"]);

/**
 * Builds examples of all relations of `documents`, in order. Added pairs that cannot be asked about are removed, from the documents too.
 *
 * @param visualOf returns the features of a document's picture
 * @throws DataError `data/unknown-label` for a relation outside `labels`; EncoderError `encoder/text-too-long` with truncation "error"
 */
export function relationExamples(
  documents: readonly Document[],
  labels: LabelSet,
  options: ExampleOptions,
  visualOf: (document: Document) => VisualFeatures | undefined,
  { made, masks }: PairKnowledge = NOTHING_KNOWN,
): RelationExamples {
  let truncated = 0;
  let tokensCut = 0;
  const unaskable = new Set<Relation>();
  const sharing = options.pairReading === "packed" ? sharedTokens() : (input: RelationInput) => input;
  const examples = documents.flatMap((document) => {
    if (document.relations.length === 0) return [];
    const { id: place, text, entities: mentions } = document;
    const inputFor = inputsOf(
      { id: place, text, words: uncutWordsOf(document, options.tokenizer), mentions },
      options,
    );
    const annotated = document.relations.filter((relation) => !made.has(relation)).length;
    return document.relations.flatMap((relation, i): RelationExample[] => {
      const label = labels.indexOf(relation.label);
      if (label === undefined) {
        throw new DataError({
          code: "data/unknown-label",
          message: `the relation ${JSON.stringify(relation.label)} is not in the label set`,
          place: document.id,
          value: relation.label,
          remedy: `Known relations: ${labels.labels.join(", ")}.`,
        });
      }
      const isMade = made.has(relation);
      const input = isMade ? madeInputOf(inputFor, relation) : inputFor(relation);
      if (input === undefined) {
        unaskable.add(relation);
        return [];
      }
      if (input.truncated) {
        truncated++;
        tokensCut += input.truncated.tokens;
      }
      const { head, tail } = relation;
      // Ids of annotated pairs do not depend on added pairs: generated views are found by them.
      const own = annotated === 1 ? document.id : `${document.id}#${i}`;
      const id = isMade ? `${document.id}~${head}-${tail}` : own;
      const mask = masks?.of(document.entities[head]!.label, document.entities[tail]!.label); // inputOf reads both
      const sure = relation.probability === undefined ? {} : { probability: relation.probability };
      return [
        { id, input: sharing(input), label, visual: visualOf(document), ...(mask && { mask }), ...sure },
      ];
    });
  });
  const asked = unaskable.size === 0 ? documents : documents.map((document) => without(document, unaskable));
  const report = { examples: examples.length, truncated, tokensCut, unaskable: unaskable.size };
  return { documents: asked, examples, report };
}

/** Builds the input for an unannotated pair; undefined if it cannot be asked about. */
function madeInputOf(inputFor: (pair: Question) => RelationInput, pair: Question): RelationInput | undefined {
  try {
    return inputFor(pair);
  } catch (error) {
    if (error instanceof RelataError && UNASKABLE.has(error.code)) return undefined;
    throw error;
  }
}

/** Gives inputs with equal tokens the same array of them, so that pairs of one text in several documents share a sequence. */
function sharedTokens(): (input: RelationInput) => RelationInput {
  const known = new Map<string, RelationInput["ids"]>();
  return (input) => {
    const key = input.ids.join(",");
    const ids = known.get(key) ?? input.ids;
    known.set(key, ids);
    return ids === input.ids ? input : { ...input, ids };
  };
}

function without(document: Document, unaskable: ReadonlySet<Relation>): Document {
  return { ...document, relations: document.relations.filter((relation) => !unaskable.has(relation)) };
}
