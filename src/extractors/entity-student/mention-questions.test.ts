// Teachers of entity views: what they read of a text, and how their scores become scores of documents.
import { describe, expect, it } from "vitest";
import type { Document } from "../../data/document.ts";
import { LabelSet } from "../../data/labels.ts";
import { entityMarkers } from "../../encoders/tokenizing/markers.ts";
import { TextTokenizer } from "../../encoders/tokenizing/tokenizer.ts";
import { bertDefinition } from "../../encoders/tokenizing/vocabulary-files.ts";
import { selectViews } from "../student/selection.ts";
import { documentRule } from "./document-rule.ts";
import { mentionQuestions, questionsAbout } from "./mention-questions.ts";

const VOCABULARY = [
  "[PAD]",
  "[UNK]",
  "[CLS]",
  "[SEP]",
  "[MASK]",
  ",",
  "ada",
  "left",
  "jordan",
  "today",
  "pet",
];
const tokenizer = new TextTokenizer(bertDefinition(VOCABULARY.join("\n"), {}));
const markers = entityMarkers(tokenizer);
const labels = new LabelSet(["LOC", "PER"]);

const document = (id: string, text: string, entities: readonly (readonly [string, string])[]): Document => ({
  ...{ id, text, relations: [] },
  entities: entities.map(([name, label]) => ({
    start: text.indexOf(name),
    end: text.indexOf(name) + name.length,
    label,
  })),
});
const TOLD = document("a", "ada left jordan today", [
  ["ada", "PER"],
  ["jordan", "LOC"],
]);
const BARE = document("b", "left today", []);
const views = [{ kind: "picture", id: "v", visual: { maps: [], pooled: new Float32Array() } }] as const;

function asked(documents: readonly Document[], reads: "view" | "pair") {
  const examples = documents.map(({ id }) => ({
    ...{ id, input: { ids: [], wordIndex: [] }, tags: undefined, visual: undefined, views },
  }));
  return mentionQuestions({ documents, examples, account: {} as never }, labels, {
    tokenizer,
    markers,
    maxLength: 32,
    truncation: "report",
    reads,
  });
}
const textOf = (ids: readonly number[]) => ids.map((id) => VOCABULARY[id] ?? "|").join(" ");

describe("questions about mentions", () => {
  it("show a teacher all mentions of a text and nothing else of it", () => {
    const { examples, instanceOf } = asked([TOLD, BARE], "view");
    expect(examples.map(({ input }) => textOf(input.ids))).toEqual([
      "[CLS] | | ada | | , jordan [SEP]",
      "[CLS] ada , | | jordan | | [SEP]",
    ]);
    expect(examples.map(({ id, label }) => [id, label, instanceOf.get(id)])).toEqual([
      ["a@0", 1, "a"],
      ["a@1", 0, "a"],
    ]);
  });

  it("read the same, whatever stands around the mentions", () => {
    const other = document("a", "today jordan pet ada", [
      ["ada", "PER"],
      ["jordan", "LOC"],
    ]);
    const ids = (one: Document) => asked([one], "view").examples.map(({ input }) => input.ids);
    expect(ids(other)).toEqual(ids(TOLD));
  });

  it("show the whole text if the teachers read pairs", () => {
    const [first] = asked([TOLD], "pair").examples;
    expect(textOf(first!.input.ids)).toBe("[CLS] | | ada | | left jordan today [SEP]");
  });

  it("have the views of their document", () => {
    expect(asked([TOLD], "view").examples.every((example) => example.views === views)).toBe(true);
  });

  it("leave out a mention without words", () => {
    const blank = { ...TOLD, text: `${TOLD.text}  `, entities: [{ start: 21, end: 23, label: "PER" }] };
    expect(questionsAbout(blank, tokenizer)).toEqual([]);
  });
});

describe("documentRule", () => {
  const scores: Readonly<Record<string, number>> = {
    "a@0 v": 0.5,
    "a@1 v": 1.5,
    "a@0 w": 2,
    "a@1 w": 1,
    "c@0 v": 0.1,
  };
  const questions: Readonly<Record<string, readonly string[]>> = { a: ["a@0", "a@1"], b: [], c: ["c@0"] };
  const of = (question: string, view: string) => scores[`${question} ${view}`];
  const teacher = documentRule(
    { method: "teacher", share: 0.5, crossEntropyOf: of },
    (document) => questions[document]!,
  );
  const both = [{ id: "w" }, { id: "v" }];

  it("scores a view by its mean over the mentions, so that long and short texts compare", () => {
    expect(teacher.method === "teacher" && teacher.crossEntropyOf("a", "v", 0)).toBeCloseTo(1, 12);
    expect(teacher.method === "teacher" && teacher.crossEntropyOf("a", "w", 0)).toBeCloseTo(1.5, 12);
    expect(selectViews(teacher, "a", both, 0)).toEqual([{ id: "v" }]);
  });

  it("prefers no view of a text without mentions, and refuses one that was not scored", () => {
    expect(selectViews(teacher, "b", both, 0)).toEqual([{ id: "w" }]);
    expect(() => selectViews(teacher, "c", both, 0)).toThrow(/view w of c has no score/);
  });

  it("keeps by threshold what does not argue against the types on average", () => {
    const rule = documentRule(
      { method: "threshold", margin: 0, informationOf: (question, view) => of(question, view)! - 1.2 },
      (document) => questions[document]!,
    );
    expect(selectViews(rule, "a", both, 0)).toEqual([{ id: "w" }]);
    expect(selectViews(rule, "b", both, 0)).toEqual(both);
  });
});
