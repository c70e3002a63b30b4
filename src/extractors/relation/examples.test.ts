import { describe, expect, it } from "vitest";
import type { Document } from "../../data/document.ts";
import { LabelSet } from "../../data/labels.ts";
import { entityMarkers } from "../../encoders/tokenizing/markers.ts";
import { TextTokenizer } from "../../encoders/tokenizing/tokenizer.ts";
import { bertDefinition } from "../../encoders/tokenizing/vocabulary-files.ts";
import { chunkStates } from "../../visual/caption-channel.ts";
import { type ExampleOptions, relationExamples } from "./examples.ts";

const VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "ada", "met", "bo", "in", "rome", "!"];
const tokenizer = new TextTokenizer(bertDefinition(VOCABULARY.join("\n"), {}));
const markers = entityMarkers(tokenizer); // <h> 11, </h> 12, <t> 13, </t> 14
const options: ExampleOptions = { tokenizer, markers, maxLength: 20, truncation: "report" };
const labels = new LabelSet(["None", "meets"]);

function post(text: string, mentions: readonly (readonly [number, number])[], label = "meets"): Document {
  return {
    id: "d1",
    text,
    entities: mentions.map(([start, end]) => ({ start, end, label: "entity" })),
    relations: [{ head: 0, tail: 1, label }],
  };
}

const make = (document: Document, other: Partial<ExampleOptions> = {}) =>
  relationExamples([document], labels, { ...options, ...other }, () => undefined);

describe("relationExamples", () => {
  it("puts markers around both mentions and gives their token ranges", () => {
    const { examples } = make(
      post("Ada met Bo", [
        [0, 3],
        [8, 10],
      ]),
    );
    expect(examples[0]).toMatchObject({ id: "d1", label: 1 });
    expect(examples[0]?.input.ids).toEqual([2, 11, 5, 12, 6, 13, 7, 14, 3]);
    expect(examples[0]?.input.headSpan).toEqual([2, 3]);
    expect(examples[0]?.input.tailSpan).toEqual([6, 7]);
  });

  it("cuts a word in which a mention begins or ends, so that the mention is marked exactly", () => {
    const { examples } = make(
      post("Ada met Bo!", [
        [0, 3],
        [8, 10],
      ]),
    );
    expect(examples[0]?.input.ids).toEqual([2, 11, 5, 12, 6, 13, 7, 14, 10, 3]);
  });

  it("makes one example of every relation of a document", () => {
    const document = post("Ada met Bo", [
      [0, 3],
      [8, 10],
    ]);
    const both = { ...document, relations: [...document.relations, { head: 1, tail: 0, label: "None" }] };
    const { examples } = make(both);
    expect(examples.map(({ id, label }) => [id, label])).toEqual([
      ["d1#0", 1],
      ["d1#1", 0],
    ]);
    expect(examples[1]?.input.headSpan).toEqual([6, 7]);
  });

  it("counts what it cuts, and keeps both mentions", () => {
    const { examples, report } = make(
      post("Ada met Bo in Rome in Rome", [
        [0, 3],
        [8, 10],
      ]),
      { maxLength: 10 },
    );
    expect(report).toEqual({ examples: 1, truncated: 1, tokensCut: 3, unaskable: 0 });
    expect(examples[0]?.input.ids).toEqual([2, 11, 5, 12, 6, 13, 7, 14, 8, 3]);
  });

  it("refuses a text that is too long when cutting is not allowed, and a relation outside the label set", () => {
    const long = post("Ada met Bo in Rome in Rome", [
      [0, 3],
      [8, 10],
    ]);
    expect(() => make(long, { maxLength: 10, truncation: "error" })).toThrow(
      expect.objectContaining({ code: "encoder/text-too-long" }),
    );
    expect(() =>
      make(
        post(
          "Ada met Bo",
          [
            [0, 3],
            [8, 10],
          ],
          "hates",
        ),
      ),
    ).toThrow(expect.objectContaining({ code: "data/unknown-label", place: "d1" }));
  });

  it("refuses a mention of white space", () => {
    expect(() =>
      make(
        post("Ada met Bo", [
          [3, 4],
          [8, 10],
        ]),
      ),
    ).toThrow(expect.objectContaining({ code: "data/mention-without-words" }));
  });
});

describe("chunkStates", () => {
  it("averages nearly equal runs of tokens, and all of them", () => {
    const states = Float32Array.of(1, 10, 2, 20, 3, 30, 4, 40, 5, 50); // 5 tokens of width 2
    const { maps, pooled } = chunkStates(states, 2, 2);
    expect([...maps[0]!]).toEqual([1.5, 15, 4, 40]); // tokens 0-1 and 2-4
    expect([...pooled]).toEqual([3, 30]);
  });

  it("repeats tokens where there are fewer than chunks", () => {
    expect([...chunkStates(Float32Array.of(7, 9), 1, 4).maps[0]!]).toEqual([7, 7, 9, 9]);
  });
});
