import { describe, expect, it } from "vitest";
import type { Document } from "../../data/document.ts";
import { TypeConstraints, typePairSchema, typePairsOf } from "./type-constraints.ts";

const PAIRS = [
  { head: "PER", tail: "ORG", count: 3, labels: [{ label: "works_for", count: 3 }] },
  { head: "ORG", tail: "LOC", count: 1 }, // from a bundle without labels
];
const constraints = new TypeConstraints(PAIRS, ["PER", "ORG", "LOC"]);

describe("TypeConstraints", () => {
  it("allow the labels that joined two types, none where there never was one, and all of unknown types", () => {
    expect([...(constraints.labelsOf("PER", "ORG") ?? [])]).toEqual(["works_for"]);
    expect([...(constraints.labelsOf("ORG", "PER") ?? ["any"])]).toEqual([]);
    expect(constraints.labelsOf("PER", "EVENT")).toBeUndefined();
    expect([constraints.allows("PER", "ORG"), constraints.allows("ORG", "PER")]).toEqual([true, false]);
    expect(constraints.allows("EVENT", "ORG")).toBe(true);
  });

  it("allow any label for a pair of a bundle that kept none", () => {
    expect(constraints.labelsOf("ORG", "LOC")).toBeUndefined();
    expect(typePairSchema.safeParse(PAIRS[1]).success).toBe(true);
  });

  it("keep apart types whose names run together", () => {
    const joined = new TypeConstraints([{ head: "A", tail: "BC", count: 1 }], ["A", "AB", "BC", "C"]);
    expect(joined.allows("AB", "C")).toBe(false);
  });
});

describe("typePairsOf", () => {
  it("counts relations other than None by ordered types, also of labels that objects have", () => {
    const document: Document = {
      id: "a",
      text: "a b",
      entities: [
        { start: 0, end: 1, label: "PER" },
        { start: 2, end: 3, label: "constructor" },
      ],
      relations: [
        { head: 0, tail: 1, label: "__proto__" },
        { head: 1, tail: 0, label: "None" },
      ],
    };
    expect(typePairsOf([document, document])).toEqual([
      { head: "PER", tail: "constructor", count: 2, labels: [{ label: "__proto__", count: 2 }] },
    ]);
  });
});
