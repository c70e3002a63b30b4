// What teachers of entity views are asked: which type a gold mention has, given a view and the words of all mentions of its text.
import type { Document } from "../../data/document.ts";
import { LabelSet } from "../../data/labels.ts";
import { type RelationInput, relationInput } from "../../encoders/tokenizing/relation-input.ts";
import type { TextTokenizer } from "../../encoders/tokenizing/tokenizer.ts";
import { entityTypes, readEntityData } from "../entity/read-entities.ts";
import type { PairRule } from "../pairs/pair-rule.ts";
import type { ExampleOptions } from "../relation/examples.ts";
import type { ModelSetting } from "../shared/training-task.ts";
import { wordRange, wordsOf } from "../shared/words.ts";
import type { StudentSet } from "../student/prepare-students.ts";
import type { TeacherReading } from "../student/scores-file.ts";
import type { StudentExample } from "../student/student-example.ts";
import type { TeachingTask } from "../student/teaching.ts";
import { prepareEntitySplit } from "./entity-split.ts";
import type { EntityStudentSet } from "./prepare-entity-students.ts";

/** Teachers are asked about single mentions, not about pairs. */
const NO_PAIRS: PairRule = { setting: "none", negatives: "none", seed: 0, types: [], pairs: [] };
/** Between two mentions that a teacher reads without their text. */
const SEPARATOR = ",";

/** Teachers for entities have the model of those for relations: both mentions of a pair are the one that is asked about. */
export const aboutMentions: TeachingTask = {
  read: readEntityData,
  async labelsOf(config, train) {
    return { labels: new LabelSet(await entityTypes(config, train)), rule: NO_PAIRS };
  },
  async prepare({ labels: { labels }, ...request }) {
    const set = await prepareEntitySplit({ ...request, labels: labels.labels });
    return mentionQuestions(set, labels, questionOptions(request));
  },
};

/** How questions are asked in a run. */
export function questionOptions({
  config: { training, synthesis },
  encoder: { tokenizer, markers },
  maxLength,
}: Pick<ModelSetting, "config" | "encoder" | "maxLength">): QuestionOptions {
  const { reads } = synthesis.selection;
  return { tokenizer, markers, maxLength, truncation: training.truncation, reads };
}

interface QuestionOptions extends ExampleOptions {
  readonly reads: TeacherReading;
}

/** A question about one mention. */
export interface MentionQuestion {
  readonly id: string;
  readonly type: string;
  /** The mention's words: indices into the text's words. */
  readonly range: readonly [start: number, end: number];
}

/** The questions about a document, in the order of its entities; a mention without words is not asked about. */
export function questionsAbout(document: Document, tokenizer: TextTokenizer): readonly MentionQuestion[] {
  const words = wordsOf(document, tokenizer);
  return document.entities.flatMap((entity, i) => {
    const range = wordRange(words, entity);
    return range ? [{ id: `${document.id}@${i}`, type: entity.label, range }] : [];
  });
}

/** One example per question, with the views of its document: the mentions alone, or with `reads: "pair"` the whole text. */
export function mentionQuestions(
  { documents, examples, ...set }: Omit<EntityStudentSet, "texts">,
  labels: LabelSet,
  { reads, ...options }: QuestionOptions,
): StudentSet {
  const instanceOf = new Map(documents.map(({ id }) => [id, id])); // selection also asks for the documents
  const asked = documents.flatMap((document, at) => {
    const questions = questionsAbout(document, options.tokenizer);
    const inputFor =
      reads === "pair" ? withinText(document, options) : amongMentions(document, questions, options);
    const { views = [], visual, hidesOwn = false } = examples[at]!; // one example per document
    return questions.map((question, i): StudentExample => {
      const { id, type } = question;
      instanceOf.set(id, document.id);
      const label = labels.indexOf(type); // the types of prepared documents are known
      return { id, input: inputFor(question, i), label, visual, views, hidesOwn };
    });
  });
  return { ...set, documents, examples: asked, instanceOf };
}

type InputFor = (question: MentionQuestion, at: number) => RelationInput;

/** The whole text, with markers around the mention. */
function withinText(document: Document, options: ExampleOptions): InputFor {
  const words = wordsOf(document, options.tokenizer).map(({ text }) => text);
  return ({ range }) => marked(words, range, options);
}

/** The words of all mentions in turn, with markers around the one that is asked about. */
function amongMentions(
  document: Document,
  questions: readonly MentionQuestion[],
  options: ExampleOptions,
): InputFor {
  const ofText = wordsOf(document, options.tokenizer);
  const words: string[] = [];
  const ranges = questions.map(({ range: [start, end] }) => {
    if (words.length > 0) words.push(SEPARATOR);
    const from = words.length;
    words.push(...ofText.slice(start, end).map(({ text }) => text));
    return [from, words.length] as const;
  });
  return (_, at) => marked(words, ranges[at]!, options); // one range per question
}

function marked(
  words: readonly string[],
  mention: readonly [start: number, end: number],
  { tokenizer, markers, maxLength, truncation }: ExampleOptions,
): RelationInput {
  return relationInput(tokenizer, markers, words, mention, mention, {
    maxLength,
    overlong: truncation === "report" ? "truncate" : "error",
    emptyMention: "unknown-token",
  });
}
