import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { candidatePairs } from "./candidate-pairs.ts";
import { TypeConstraints } from "./type-constraints.ts";

const at = (start: number, label = "PER", length = 2) => ({ start, end: start + length, label });
const shown = ({ pairs }: ReturnType<typeof candidatePairs>) =>
  pairs.map(({ head, tail }) => `${head}>${tail}`);

describe("candidatePairs", () => {
  it("gives every ordered pair, neighbours first, the nearer neighbours before the others", () => {
    // mentions at 0, 20 and 24: the gap of 1 and 2 is smaller than that of 0 and 1
    const { pairs, leftOut } = candidatePairs([at(0), at(20), at(24)], 64, undefined);
    expect(shown({ pairs, leftOut })).toEqual(["1>2", "2>1", "0>1", "1>0", "0>2", "2>0"]);
    expect(leftOut).toBe(0);
  });

  it("goes by the place in the text, not by the order in which mentions are given", () => {
    expect(shown(candidatePairs([at(24), at(0), at(10)], 4, undefined))).toEqual([
      "1>2",
      "2>1",
      "2>0",
      "0>2",
    ]);
  });

  it("counts what the bound leaves out", () => {
    const { pairs, leftOut } = candidatePairs([at(0), at(5), at(9)], 3, undefined);
    expect(pairs).toHaveLength(3);
    expect(leftOut).toBe(3);
    expect(candidatePairs([at(0), at(5)], 0, undefined)).toEqual({ pairs: [], leftOut: 2 });
  });

  it("asks only pairs of types that can be related; of unknown types nothing is ruled out", () => {
    const constraints = new TypeConstraints([{ head: "PER", tail: "LOC", count: 3 }], ["PER", "LOC"]);
    const entities = [at(0, "PER"), at(5, "LOC"), at(9, "entity")];
    expect(shown(candidatePairs(entities, 64, constraints))).toEqual(["1>2", "2>1", "0>1", "0>2", "2>0"]);
  });

  it("never asks twice, never about one mention alone, and accounts for every pair", () => {
    const entity = fc.record({
      start: fc.nat(50),
      length: fc.integer({ min: 1, max: 9 }),
      label: fc.constantFrom("A", "B", "C"),
    });
    const types = fc.uniqueArray(fc.tuple(fc.constantFrom("A", "B"), fc.constantFrom("A", "B")), {
      selector: (pair) => pair.join(),
    });
    fc.assert(
      fc.property(
        fc.array(entity, { maxLength: 12 }),
        fc.nat(40),
        fc.option(types),
        (drawn, most, allowed) => {
          const entities = drawn.map(({ start, length, label }) => at(start, label, length));
          const constraints =
            allowed === null
              ? undefined
              : new TypeConstraints(
                  allowed.map(([head, tail]) => ({ head, tail, count: 1 })),
                  ["A", "B"],
                );
          const { pairs, leftOut } = candidatePairs(entities, most, constraints);
          const all = entities.flatMap((head, h) =>
            entities.flatMap((tail, t) =>
              h !== t &&
              (head.start !== tail.start || head.end !== tail.end) &&
              (constraints?.allows(head.label, tail.label) ?? true)
                ? [`${h}>${t}`]
                : [],
            ),
          );
          expect(new Set(shown({ pairs, leftOut })).size).toBe(pairs.length);
          expect(all).toEqual(expect.arrayContaining(shown({ pairs, leftOut })));
          expect(pairs.length).toBe(Math.min(most, all.length));
          expect(pairs.length + leftOut).toBe(all.length);
        },
      ),
    );
  });

  it("gives what looking at all pairs gives, ring by ring", () => {
    const entity = fc.record({
      start: fc.nat(30),
      length: fc.integer({ min: 1, max: 6 }),
      label: fc.constantFrom("A", "B", "C", "D"),
    });
    const types = fc.array(fc.tuple(fc.constantFrom("A", "B", "C"), fc.constantFrom("A", "B", "C")));
    fc.assert(
      fc.property(
        fc.array(entity, { maxLength: 14 }),
        fc.nat(60),
        fc.option(types),
        (drawn, most, allowed) => {
          const entities = drawn.map(({ start, length, label }) => at(start, label, length));
          const constraints =
            allowed === null
              ? undefined
              : new TypeConstraints(
                  allowed.map(([head, tail]) => ({ head, tail, count: 1 })),
                  ["A", "B", "C"],
                );
          expect(candidatePairs(entities, most, constraints).pairs).toEqual(
            allPairsByRing(entities, constraints).slice(0, most),
          );
        },
      ),
    );
  });

  it("looks at no more pairs than a long text needs, whatever its types allow", () => {
    let asked = 0;
    class Counting extends TypeConstraints {
      override allows(head: string, tail: string): boolean {
        asked++;
        return super.allows(head, tail);
      }
    }
    const constraints = new Counting([{ head: "PER", tail: "ORG", count: 1 }], ["PER", "ORG", "LOC"]);
    const places = Array.from({ length: 5000 }, (_, i) => at(5 * i, "LOC"));
    const far = [at(0, "PER", 1), ...places, at(30_000, "ORG")];
    expect(shown(candidatePairs(far, 64, constraints))).toEqual(["0>5001"]);
    expect(asked).toBeLessThan(100);
    const stacked = Array.from({ length: 5000 }, (_, i) => at(7, `type ${i}`));
    expect(candidatePairs(stacked, 64, undefined)).toEqual({ pairs: [], leftOut: 0 });
  });
});

type Entity = ReturnType<typeof at>;

/** All pairs in their order, by the definition. */
function allPairsByRing(entities: readonly Entity[], constraints: TypeConstraints | undefined) {
  const order = [...entities.keys()].sort(
    (a, b) => entities[a]!.start - entities[b]!.start || entities[a]!.end - entities[b]!.end,
  );
  return order.flatMap((_, distance) => {
    const ring = order.slice(0, distance === 0 ? 0 : -distance).flatMap((first, i) => {
      const second = order[i + distance]!;
      const [a, b] = [entities[first]!, entities[second]!];
      const gap = Math.max(a.start, b.start) - Math.min(a.end, b.end);
      if (a.start === b.start && a.end === b.end) return [];
      return [
        { head: first, tail: second, gap },
        { head: second, tail: first, gap },
      ].filter(({ head, tail }) => constraints?.allows(entities[head]!.label, entities[tail]!.label) ?? true);
    });
    return ring.sort((a, b) => a.gap - b.gap).map(({ head, tail }) => ({ head, tail }));
  });
}
