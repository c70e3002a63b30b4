import { describe, expect, it } from "vitest";
import { agree } from "./agreement.ts";
import type { GroundedAnswer } from "./ground-answer.ts";
import { parseAnnotationSchema } from "./schema.ts";
import { uncertaintyOf } from "./uncertainty.ts";

const schema = parseAnnotationSchema(
  {
    entities: { person: "", place: "" },
    relations: { lives_in: { description: "", head: ["person"], tail: ["place"] } },
  },
  "test",
);
const ada = { start: 0, end: 3, label: "person" };
const rio = { start: 7, end: 10, label: "place" };
const rioAsPerson = { ...rio, label: "person" };
const long = { start: 5, end: 10, label: "place" };

function answer(
  entities: GroundedAnswer["entities"],
  relations: GroundedAnswer["relations"] = [],
): GroundedAnswer {
  return { entities, relations, lost: [] };
}

describe("joining samples", () => {
  it("gives the share of samples that said the same, and leaves out what too few said", () => {
    const joined = agree([answer([ada, rio]), answer([ada]), answer([ada, rio]), answer([ada])], schema, 0.6);
    expect(joined.entities).toEqual([{ ...ada, share: 1 }]);
    expect(joined.leftOut).toEqual([{ ...rio, share: 0.5, why: "little-agreement" }]);
    expect(uncertaintyOf(joined, 4, 0)).toBe(0.5);
  });

  it("keeps two of three at a least agreement of two thirds", () => {
    expect(agree([answer([ada]), answer([ada]), answer([])], schema, 2 / 3).entities).toHaveLength(1);
  });

  it("gives a span one label, and of overlapping mentions keeps the one with more agreement", () => {
    const joined = agree([answer([rio]), answer([rioAsPerson, long]), answer([rio, long])], schema, 0.3);
    expect(joined.entities).toEqual([{ ...long, share: 2 / 3 }]);
    expect(joined.leftOut.map(({ why }) => why)).toEqual(["overlap", "overlap"]);
    const kept = agree(
      [answer([rio]), answer([rioAsPerson, long]), answer([rio, long])],
      { ...schema, overlaps: "keep" },
      0.3,
    );
    expect(kept.entities.map(({ start }) => start)).toEqual([5, 7]);
  });

  it("keeps a relation only between mentions that are kept with fitting types", () => {
    const said = { head: ada, tail: rio, label: "lives_in" };
    const one = answer([ada, rio], [said]);
    expect(agree([one, one], schema, 0.5).relations).toEqual([
      { head: 0, tail: 1, label: "lives_in", share: 1 },
    ]);
    const other = answer([ada, rioAsPerson]);
    const joined = agree([one, one, other, other, other], schema, 0.4);
    expect(joined.relations).toEqual([]);
    expect(joined.relationsLeftOut["wrong-types"]).toBe(1);
    expect(agree([one, answer([]), answer([])], schema, 0.3).relations).toHaveLength(1);
    expect(agree([one, answer([]), answer([])], schema, 0.5)).toMatchObject({
      relations: [],
      strongestLeftOutRelation: 1 / 3,
    });
  });
});
