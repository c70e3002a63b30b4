// Unannotated pairs as examples of a student: they have their own ids and the views of their document.
import { describe, expect, it } from "vitest";
import type { Document } from "../../data/document.ts";
import { LabelSet } from "../../data/labels.ts";
import { ReportBuilder } from "../../data/report.ts";
import { entityMarkers } from "../../encoders/tokenizing/markers.ts";
import { TextTokenizer } from "../../encoders/tokenizing/tokenizer.ts";
import { bertDefinition } from "../../encoders/tokenizing/vocabulary-files.ts";
import { pairRuleOf } from "../pairs/pair-rule.ts";
import { prepareStudents, type StudentsRequest } from "./prepare-students.ts";

const VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "ada", "met", "bo", "cy"];
const tokenizer = new TextTokenizer(bertDefinition(VOCABULARY.join("\n"), {}));
const setting: Omit<StudentsRequest, "set" | "labels"> = {
  tokenizer,
  markers: entityMarkers(tokenizer),
  maxLength: 16,
  truncation: "report",
  real: "text",
  visual: undefined,
  wanted: undefined,
  unknownRelations: "refuse",
  onPreparation: () => undefined,
};

const post = (id: string, tails: readonly number[]): Document => ({
  id,
  text: "ada met bo cy",
  entities: [
    { start: 0, end: 3, label: "PER" },
    { start: 8, end: 10, label: "PER" },
    { start: 11, end: 13, label: "DOG" },
  ],
  relations: tails.map((tail) => ({ head: 0, tail, label: "met" })),
});

describe("examples of students", () => {
  it("have the ids and instances that they had, beside those of pairs that became None", async () => {
    const documents = [
      post("one", [1]),
      { ...post("two", [1, 2]), text: "bo, met bo cy" },
      { ...post("none", []), text: "cy! met bo cy" },
    ];
    const set = { documents, report: new ReportBuilder("t", "relata").report() };
    const labels = new LabelSet(["None", "met"]);
    const prepare = (negatives: "typed" | "none") =>
      prepareStudents({
        ...setting,
        set,
        labels,
        pairs: { rule: pairRuleOf(negatives, 1, set), split: "train", masked: true },
      });
    const annotated = await prepare("none");
    expect([...annotated.instanceOf]).toEqual([
      ["one", "one"],
      ["two#0", "two"],
      ["two#1", "two"],
    ]);
    // PER > PER and PER > DOG had a relation; DOG > PER never had one.
    const all = await prepare("typed");
    expect([...all.instanceOf]).toEqual([
      ["one", "one"],
      ["one~0-2", "one"],
      ["one~1-0", "one"],
      ["one~1-2", "one"],
      ["two#0", "two"],
      ["two#1", "two"],
      ["two~1-0", "two"],
      ["two~1-2", "two"],
      ["none~0-1", "none"],
      ["none~0-2", "none"],
      ["none~1-0", "none"],
      ["none~1-2", "none"],
    ]);
    expect(all.examples.map(({ label }) => label)).toEqual([1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0]);
  });

  it("leave out pairs whose mentions do not fit, which extraction leaves out too, and count them", async () => {
    const text = `ada ${"met ".repeat(20)}`;
    const long: Document = {
      id: "long",
      text: `${text}bo`,
      entities: [
        { start: 0, end: 3, label: "PER" },
        { start: 4, end: text.length - 1, label: "PER" }, // longer than the model's limit
      ],
      relations: [],
    };
    const documents = [long, post("one", [1])];
    const set = { documents, report: new ReportBuilder("t", "relata").report() };
    const prepared = await prepareStudents({
      ...setting,
      set,
      labels: new LabelSet(["None", "met"]),
      pairs: { rule: pairRuleOf("typed", 1, set), split: "train", masked: false },
    });
    expect(prepared.account.pairs).toMatchObject({ unaskable: 2 });
    expect(prepared.documents[0]?.relations).toEqual([]);
    expect(prepared.examples.every(({ id }) => !id.startsWith("long"))).toBe(true);
  });
});
