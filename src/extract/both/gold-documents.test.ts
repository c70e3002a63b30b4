import { describe, expect, it } from "vitest";
import type { Document } from "../../data/document.ts";
import { TypeConstraints } from "../../extractors/pairs/type-constraints.ts";
import { unreachableNotes, unreachableOf } from "./gold-documents.ts";

const constraints = new TypeConstraints(
  [{ head: "person", tail: "place", count: 3, labels: [{ label: "lives_in", count: 3 }] }],
  ["person", "place"],
);
const document: Document = {
  id: "a",
  text: "Ada Rome Bo",
  entities: [
    { start: 0, end: 3, label: "person" },
    { start: 4, end: 8, label: "place" },
    { start: 9, end: 11, label: "person" },
    { start: 9, end: 11, label: "place" },
  ],
  relations: [
    { head: 0, tail: 1, label: "lives_in" },
    { head: 0, tail: 1, label: "born_in" },
    { head: 1, tail: 0, label: "home_of" },
    { head: 0, tail: 2, label: "knows" },
    { head: 2, tail: 0, label: "None" },
    { head: 2, tail: 3, label: "lives_in" },
  ],
};

describe("gold relations that a bundle can never find", () => {
  it("are counted by reason", () => {
    expect(unreachableOf([document], constraints)).toEqual({
      unasked: [
        { head: "place", tail: "person", relations: 1, reversed: true },
        { head: "person", tail: "person", relations: 1, reversed: false },
      ],
      impossibleLabels: { born_in: 1 },
      sameSpan: 1,
      severalLabels: 1,
    });
  });

  it("are fewer without type constraints", () => {
    expect(unreachableOf([document], undefined)).toMatchObject({
      unasked: [],
      impossibleLabels: {},
      sameSpan: 1,
    });
  });

  it("are told with their types, and with the direction that is known", () => {
    const [notAsked, impossible] = unreachableNotes(unreachableOf([document], constraints), 5);
    expect(notAsked).toContain("2 of 5 gold relations");
    expect(notAsked).toContain("place > person 1 (only person > place is known), person > person 1");
    expect(impossible).toContain("born_in 1");
  });

  it("are told by the most frequent of many labels", () => {
    const impossibleLabels = Object.fromEntries(Array.from({ length: 14 }, (_, i) => [`r${i}`, i + 1]));
    const [note] = unreachableNotes({ unasked: [], impossibleLabels, sameSpan: 0, severalLabels: 0 }, 200);
    expect(note).toMatch(/105 of 200 gold relations .*: r13 14, r12 13, .*, r2 3, and 2 others$/);
  });
});
