import { describe, expect, it } from "vitest";
import type { Document, Entity } from "../data/document.ts";
import { learnConstraints } from "./learn-constraints.ts";

const TYPES = ["PER", "LOC", "ORG"];
const never = () => Promise.reject(new Error("the entity model is not asked"));

/** "Ada met Bo": mentions [0, 3) and [8, 10). */
function post(relation: string, head = "entity", tail = "entity"): Document {
  return {
    id: relation,
    text: "Ada met Bo",
    entities: [
      { start: 0, end: 3, label: head },
      { start: 8, end: 10, label: tail },
    ],
    relations: [{ head: 0, tail: 1, label: relation }],
  };
}

describe("learnConstraints", () => {
  it("counts the annotated types of pairs that have a relation, and by which, the commonest first", async () => {
    const documents = [
      post("meets", "PER", "PER"),
      post("None", "ORG", "ORG"),
      post("in", "PER", "LOC"),
      post("knows", "PER", "PER"),
    ];
    const { pairs, learntFrom } = await learnConstraints({ source: "train", documents }, TYPES, never);
    expect(pairs).toEqual([
      {
        head: "PER",
        tail: "PER",
        count: 2,
        labels: [
          { label: "knows", count: 1 },
          { label: "meets", count: 1 },
        ],
      },
      { head: "PER", tail: "LOC", count: 1, labels: [{ label: "in", count: 1 }] },
    ]);
    expect(learntFrom).toMatchObject({
      source: "train",
      documents: 4,
      types: "documents",
      relations: 3,
      withoutType: 0,
      rare: 0,
    });
  });

  it("takes the types from what the entity model finds, by overlap, and counts what it does not find", async () => {
    const found: readonly (readonly Entity[])[] = [
      [
        { start: 0, end: 1, label: "ORG" },
        { start: 1, end: 5, label: "PER" }, // covers two of the head's three characters
        { start: 9, end: 10, label: "LOC" },
      ],
      [{ start: 4, end: 7, label: "PER" }], // outside both mentions
    ];
    const documents = [post("None"), post("lives in"), post("meets")];
    const asked: string[] = [];
    const { pairs, learntFrom } = await learnConstraints({ source: "t", documents }, TYPES, async (posts) => {
      asked.push(...posts.map(({ id }) => id));
      return found;
    });
    expect(asked).toEqual(["lives in", "meets"]);
    expect(pairs).toEqual([
      { head: "PER", tail: "LOC", count: 1, labels: [{ label: "lives in", count: 1 }] },
    ]);
    expect(learntFrom).toMatchObject({ types: "entity model", relations: 2, withoutType: 1, rare: 0 });
  });

  it("takes a pair below half a per cent for an error of the entity model", async () => {
    const documents = Array.from({ length: 300 }, () => post("meets"));
    const findings = documents.map((_, i): Entity[] => [
      { start: 0, end: 3, label: i === 0 ? "ORG" : "PER" },
      { start: 8, end: 10, label: "LOC" },
    ]);
    const { pairs, learntFrom } = await learnConstraints(
      { source: "t", documents },
      TYPES,
      async () => findings,
    );
    expect(pairs).toEqual([
      { head: "PER", tail: "LOC", count: 299, labels: [{ label: "meets", count: 299 }] },
    ]);
    expect(learntFrom.rare).toBe(1);
  });

  it("takes a label of a pair below half a per cent of that label for an error, and keeps a rare label that is usual there", async () => {
    const documents = [
      ...Array.from({ length: 398 }, () => post("meets")),
      post("owns"), // one in total, always between these two
      ...Array.from({ length: 201 }, () => post("in")),
    ];
    const findings = documents.map((_, i): Entity[] => [
      { start: 0, end: 3, label: "PER" },
      // All but one "in" join PER and LOC; "meets" and "owns" join PER and PER.
      { start: 8, end: 10, label: i < 400 ? "PER" : "LOC" },
    ]);
    const { pairs, learntFrom } = await learnConstraints(
      { source: "t", documents },
      TYPES,
      async () => findings,
    );
    expect(pairs).toEqual([
      {
        head: "PER",
        tail: "PER",
        count: 399,
        labels: [
          { label: "meets", count: 398 },
          { label: "owns", count: 1 },
        ],
      },
      { head: "PER", tail: "LOC", count: 200, labels: [{ label: "in", count: 200 }] },
    ]);
    expect(learntFrom.rare).toBe(1);
  });

  it("refuses documents with foreign types among the model's, and documents that teach nothing", async () => {
    const mixed = { source: "t", documents: [post("meets", "PER", "entity")] };
    await expect(learnConstraints(mixed, TYPES, never)).rejects.toMatchObject({
      code: "data/mixed-entity-types",
      value: ["entity"],
    });
    const none = { source: "t", documents: [post("None", "PER", "PER")] };
    await expect(learnConstraints(none, TYPES, never)).rejects.toMatchObject({ code: "data/no-type-pairs" });
  });
});
