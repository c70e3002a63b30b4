// All expected numbers are calculated by hand.
import { describe, expect, it } from "vitest";
import { type ExtractedDocument, extractionMetrics } from "./extraction-metrics.ts";

const per = { start: 0, end: 5, label: "PER" };
const org = { start: 9, end: 12, label: "ORG" };
const loc = { start: 20, end: 26, label: "LOC" };
const gold: ExtractedDocument[] = [
  {
    id: "a",
    entities: [per, org, loc],
    relations: [
      { head: 0, tail: 1, label: "member_of" },
      { head: 0, tail: 2, label: "lives_in" },
      { head: 1, tail: 2, label: "None" },
    ],
  },
  { id: "b", entities: [per, loc], relations: [{ head: 0, tail: 1, label: "lives_in" }] },
];
const predicted: ExtractedDocument[] = [
  {
    id: "a",
    // Other order, and the ORG found as a LOC.
    entities: [loc, { ...org, label: "LOC" }, per],
    relations: [
      { head: 2, tail: 1, label: "member_of" }, // spans right, a type wrong
      { head: 2, tail: 0, label: "lives_in" }, // right
      { head: 2, tail: 0, label: "lives_in" }, // the same again
      { head: 1, tail: 0, label: "None" },
    ],
  },
  {
    id: "b",
    entities: [per, { ...loc, end: 25 }, loc],
    relations: [
      { head: 0, tail: 1, label: "lives_in" }, // a span wrong
      { head: 2, tail: 0, label: "lives_in" }, // direction wrong
      { head: 0, tail: 2, label: "born_in" }, // label wrong
    ],
  },
];

describe("extractionMetrics", () => {
  const { entities, strict, boundaries, documents } = extractionMetrics(gold, predicted);

  it("scores entities whatever their order", () => {
    // Gold 5, predicted 6, right: PER and LOC of a, PER and LOC of b.
    expect(entities.micro).toMatchObject({ truePositives: 4, predicted: 6, support: 5 });
    expect(documents).toBe(2);
  });

  it("asks of a strict relation spans, types, label and direction", () => {
    // Gold 3; predicted member_of 1, lives_in 1 + 2, born_in 1; right: lives_in of a.
    expect(strict.micro).toEqual({
      truePositives: 1,
      predicted: 5,
      support: 3,
      precision: 1 / 5,
      recall: 1 / 3,
      f1: 2 / 8,
    });
    expect(strict.labels.map(({ label, f1 }) => [label, f1])).toEqual([
      ["born_in", 0],
      ["lives_in", 2 / 5],
      ["member_of", 0],
    ]);
    expect(strict.macro.f1).toBeCloseTo(2 / 15, 12);
  });

  it("leaves the types aside by boundaries", () => {
    expect(boundaries.micro).toMatchObject({ truePositives: 2, predicted: 5, support: 3, f1: 4 / 8 });
    expect(boundaries.labels.find(({ label }) => label === "member_of")).toMatchObject({
      precision: 1,
      recall: 1,
    });
  });

  it("counts the None label when it is a relation like any other", () => {
    const { labels } = extractionMetrics(gold, predicted, "no such label").strict;
    // Gold relates ORG and LOC, the prediction a LOC and a LOC.
    expect(labels.find(({ label }) => label === "None")).toMatchObject({
      truePositives: 0,
      predicted: 1,
      support: 1,
    });
  });

  it("gives all of gold full marks, and zeros for nothing found", () => {
    const perfect = extractionMetrics(gold, gold);
    expect([perfect.entities.micro.f1, perfect.strict.micro.f1, perfect.boundaries.macro.f1]).toEqual([
      1, 1, 1,
    ]);
    const nothing = extractionMetrics(
      gold,
      gold.map(({ id }) => ({ id, entities: [], relations: [] })),
    );
    expect([nothing.entities.micro.f1, nothing.strict.micro.f1, nothing.boundaries.macro.f1]).toEqual([
      0, 0, 0,
    ]);
  });

  it("refuses documents that do not correspond, and relations without entities", () => {
    const refuses = (documents: ExtractedDocument[], code: string) =>
      expect(() => extractionMetrics(gold, documents)).toThrow(expect.objectContaining({ code }));
    refuses([], "evaluation/different-lengths");
    refuses([...predicted].reverse(), "evaluation/different-documents");
    refuses(
      [gold[0]!, { ...gold[1]!, relations: [{ head: 0, tail: 2, label: "lives_in" }] }],
      "evaluation/bad-relation",
    );
    expect(() => extractionMetrics([], [])).toThrow(
      expect.objectContaining({ code: "evaluation/nothing-to-evaluate" }),
    );
  });
});
