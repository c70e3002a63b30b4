import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Document } from "../../data/document.ts";
import { candidatePairs } from "./candidate-pairs.ts";
import { type Negatives, withNegatives } from "./negatives.ts";
import { TypeConstraints, typePairsOf } from "./type-constraints.ts";

type Mark = readonly [at: number, label: string];

/** A document with one-letter mentions. */
function document(id: string, marks: readonly Mark[], relations: Document["relations"] = []): Document {
  const text = `${id} ${"abcdefghijklmnopqrstuvwxyz".repeat(9)}`;
  return { id, text, entities: marks.map(([start, label]) => ({ start, end: start + 1, label })), relations };
}

const relation = (head: number, tail: number, label: string) => ({ head, tail, label });
const constraintsOf = (documents: readonly Document[]) =>
  new TypeConstraints(
    typePairsOf(documents),
    documents.flatMap(({ entities }) => entities.map(({ label }) => label)),
  );
const made = (documents: readonly Document[], negatives: Negatives, seed = 1) =>
  withNegatives(documents, negatives, constraintsOf(documents), seed);
const shown = ({ documents }: ReturnType<typeof made>) =>
  documents.map(({ relations }) => relations.map(({ head, tail, label }) => `${head}>${tail} ${label}`));

const works = document(
  "works",
  [
    [10, "PER"],
    [20, "ORG"],
    [30, "ORG"],
  ],
  [relation(0, 1, "works_for")],
);
const silent = document("silent", [
  [10, "PER"],
  [20, "ORG"],
]);
const alone = document("alone", [[10, "PER"]]);

describe("withNegatives", () => {
  it("makes None of every ordered pair of related types that nobody annotated, in documents without a relation too", () => {
    const result = made([works, silent, alone], "typed");
    expect(shown(result)).toEqual([["0>1 works_for", "0>2 None"], ["0>1 None"], []]);
    expect(result.counts).toEqual({
      made: 2,
      byTypes: [{ head: "PER", tail: "ORG", count: 2 }],
      beyondMaxPairs: 0,
    });
  });

  it("makes None of the other direction and of other types only when all are asked for", () => {
    expect(shown(made([works], "all"))[0]).toEqual([
      "0>1 works_for",
      "0>2 None",
      "1>0 None",
      "1>2 None",
      "2>0 None",
      "2>1 None",
    ]);
    expect(made([works], "none").documents[0]).toBe(works);
  });

  it("leaves a pair alone that has several relations, or is annotated in another document of the same text", () => {
    const twice = { ...works, relations: [relation(0, 1, "works_for"), relation(0, 1, "leads")] };
    const again = { ...works, id: "again", relations: [relation(0, 2, "left")] };
    expect(shown(made([twice, again], "typed"))).toEqual([["0>1 works_for", "0>1 leads"], ["0>2 left"]]);
  });

  it("does not take a second entity on the same span for another mention", () => {
    const doubled = document(
      "doubled",
      [
        [10, "PER"],
        [20, "ORG"],
        [10, "PER"],
        [20, "BRAND"],
      ],
      [relation(0, 1, "works_for")],
    );
    expect(shown(made([doubled], "all"))[0]).toEqual(["0>1 works_for", "1>2 None"]);
  });

  it("asks overlapping mentions as extraction does", () => {
    const nested = {
      ...document("nested", [[10, "LOC"]]),
      entities: [
        { start: 10, end: 11, label: "LOC" },
        { start: 10, end: 14, label: "ORG" },
      ],
    };
    expect(shown(made([nested], "all"))[0]).toEqual(["0>1 None", "1>0 None"]);
  });

  it("makes no more of a long document than extraction asks, and counts the rest", () => {
    const long = document(
      "long",
      Array.from({ length: 100 }, (_, i): Mark => [10 + 2 * i, "PER"]),
    );
    const { counts, documents } = made([long], "all");
    expect(counts).toMatchObject({ made: 64, beyondMaxPairs: 100 * 99 - 64 });
    expect(documents[0]?.relations).toHaveLength(64);
  });

  it("draws a ratio by content: neither order nor ids change it, another seed does", () => {
    const marks = Array.from({ length: 6 }, (_, i): Mark => [10 + 2 * i, "PER"]);
    const pair = [relation(0, 1, "knows")];
    const documents = ["a", "b", "c"].map((id) => document(id, marks, pair));
    const drawn = made(documents, 2);
    expect(drawn.counts.made).toBe(6);
    const reversed = made([...documents].reverse(), 2);
    expect([...shown(reversed)].reverse()).toEqual(shown(drawn));
    const renamed = documents.map((one, i) => ({ ...one, id: `other-${i}` }));
    expect(shown(made(renamed, 2))).toEqual(shown(drawn));
    expect(shown(made(documents, 2, 7))).not.toEqual(shown(drawn));
    // Annotated None counts towards the ratio.
    const annotated = {
      ...documents[0]!,
      relations: [...pair, relation(0, 2, "None"), relation(0, 3, "None")],
    };
    expect(made([annotated], 2).counts.made).toBe(0);
  });

  it("asks exactly what extraction asks, once, and never changes what is annotated", () => {
    const label = fc.constantFrom("A", "B", "C");
    const drawnDocument = fc
      .array(fc.tuple(fc.integer({ min: 8, max: 40 }), label), { minLength: 2, maxLength: 12 })
      .chain((marks) => {
        const at = fc.nat(marks.length - 1);
        return fc
          .array(fc.tuple(at, at, fc.constantFrom("r", "s", "None")), { maxLength: 4 })
          .map((relations) =>
            document(
              "d",
              marks,
              relations.map(([h, t, name]) => relation(h, t, name)),
            ),
          );
      });
    fc.assert(
      fc.property(drawnDocument, fc.constantFrom<Negatives>("all", "typed"), (one, negatives) => {
        const { documents, made: fresh } = made([one], negatives);
        const { entities, relations } = documents[0]!;
        const span = (i: number) => `${entities[i]!.start}-${entities[i]!.end}`;
        const key = (r: { readonly head: number; readonly tail: number }) =>
          `${span(r.head)}>${span(r.tail)}`;
        expect(relations.slice(0, one.relations.length)).toEqual(one.relations);
        const own = relations.filter((r) => fresh.has(r)).map(key);
        expect(new Set(own).size).toBe(own.length);
        const asked = candidatePairs(
          entities,
          64,
          negatives === "all" ? undefined : constraintsOf([one]),
        ).pairs;
        const answered = new Set(one.relations.map(key));
        expect(new Set(own)).toEqual(new Set(asked.map(key).filter((pair) => !answered.has(pair))));
      }),
    );
  });
});
