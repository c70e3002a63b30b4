// Edits of a document: relations always point at entities, and undo takes back any of them.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyEdit, type Edit, type Marks, sameMarks } from "./edit.ts";
import { change, historyOf, redo, undo } from "./history.ts";

const MARKS: Marks = {
  entities: [
    { start: 0, end: 3, label: "PER", probability: 0.9 },
    { start: 8, end: 11, label: "PER", probability: 0.8 },
    { start: 15, end: 19, label: "LOC" },
  ],
  relations: [
    { head: 0, tail: 1, label: "peer", probability: 0.7 },
    { head: 1, tail: 2, label: "lives-in" },
  ],
};

const index = fc.nat(4);
const label = fc.constantFrom("PER", "LOC", "peer");
const span = fc
  .tuple(fc.nat(18), fc.integer({ min: 1, max: 4 }))
  .map(([start, length]) => ({ start, end: start + length }));
const edits: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({ kind: fc.constant("add-entity" as const), span, label }),
  fc.record({ kind: fc.constant("label-entity" as const), index, label }),
  fc.record({ kind: fc.constant("move-entity" as const), index, span }),
  fc.record({ kind: fc.constant("delete-entity" as const), index }),
  fc.record({ kind: fc.constant("add-relation" as const), head: index, tail: index, label }),
  fc.record({ kind: fc.constant("label-relation" as const), index, label }),
  fc.record({ kind: fc.constant("reverse-relation" as const), index }),
  fc.record({ kind: fc.constant("delete-relation" as const), index }),
  fc.record({ kind: fc.constant("set-category" as const), label: fc.option(label, { nil: undefined }) }),
);

/** The relations by the spans of their mentions, in any order. */
const bySpan = ({ entities, relations }: Marks) =>
  relations
    .map(({ head, tail, label }) => `${entities[head]?.start} ${label} ${entities[tail]?.start}`)
    .sort();

describe("an edit", () => {
  it("keeps entities in text order and lets relations follow", () => {
    const { marks, chosen } = applyEdit(MARKS, {
      kind: "add-entity",
      span: { start: 4, end: 7 },
      label: "ORG",
    });
    expect(marks.entities.map(({ start }) => start)).toEqual([0, 4, 8, 15]);
    expect(chosen).toEqual({ kind: "entity", index: 1 });
    expect(bySpan(marks)).toEqual(bySpan(MARKS));
  });

  it("deletes an entity with its relations and renumbers the others", () => {
    const { marks } = applyEdit(MARKS, { kind: "delete-entity", index: 0 });
    expect(marks.relations).toEqual([{ head: 0, tail: 1, label: "lives-in" }]);
  });

  it("removes the probability of what a person changed, and of nothing else", () => {
    const { marks } = applyEdit(MARKS, { kind: "label-entity", index: 0, label: "ORG" });
    expect(marks.entities.map(({ probability }) => probability)).toEqual([undefined, 0.8, undefined]);
  });

  it("turns a relation around", () => {
    const { marks } = applyEdit(MARKS, { kind: "reverse-relation", index: 0 });
    expect(marks.relations[0]).toEqual({ head: 1, tail: 0, label: "peer" });
  });

  it("changes nothing where it would make two equal ones or names what is not there", () => {
    const none: readonly Edit[] = [
      { kind: "label-entity", index: 9, label: "PER" },
      { kind: "label-entity", index: 0, label: "PER" },
      { kind: "move-entity", index: 1, span: { start: 0, end: 3 } },
      { kind: "add-relation", head: 1, tail: 1, label: "peer" },
      { kind: "add-relation", head: 0, tail: 9, label: "peer" },
      { kind: "delete-relation", index: 2 },
    ];
    for (const edit of none) expect(applyEdit(MARKS, edit).marks).toBe(MARKS);
  });

  it("leaves every relation between two entities of the document, whatever is done", () => {
    fc.assert(
      fc.property(fc.array(edits, { maxLength: 30 }), (list) => {
        let marks = MARKS;
        for (const edit of list) marks = applyEdit(marks, edit).marks;
        for (const { head, tail } of marks.relations) {
          expect(marks.entities[head]).toBeDefined();
          expect(marks.entities[tail]).toBeDefined();
          expect(head).not.toBe(tail);
        }
        const starts = marks.entities.map(({ start }) => start);
        expect(starts).toEqual([...starts].sort((a, b) => a - b));
        const keys = marks.entities.map(({ start, end, label }) => `${start} ${end} ${label}`);
        expect(new Set(keys).size).toBe(keys.length);
      }),
    );
  });

  it("can be undone and redone, whatever is done", () => {
    fc.assert(
      fc.property(fc.array(edits, { maxLength: 20 }), (list) => {
        let history = historyOf(MARKS);
        for (const edit of list) history = change(history, edit).history;
        const last = history.present;
        while (history.past.length > 0) history = undo(history);
        expect(history.present).toBe(MARKS);
        while (history.future.length > 0) history = redo(history);
        expect(history.present).toEqual(last);
      }),
    );
  });

  it("forgets what was undone once something else is done", () => {
    let { history } = change(historyOf(MARKS), { kind: "delete-relation", index: 0 });
    history = undo(history);
    ({ history } = change(history, { kind: "delete-relation", index: 1 }));
    expect(redo(history)).toBe(history);
  });
});

describe("two sets of marks", () => {
  it("are the same whatever their probabilities and the order of their relations", () => {
    const other = { ...MARKS, relations: [...MARKS.relations].reverse() };
    expect(sameMarks(MARKS, other)).toBe(true);
    expect(sameMarks(MARKS, { ...MARKS, category: "sport" })).toBe(false);
  });
});
