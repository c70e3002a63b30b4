import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keptCount, type SelectionRule, selectViews } from "./selection.ts";

const views = (...ids: string[]) => ids.map((id) => ({ id }));
const idsOf = (list: readonly { readonly id: string }[]) => list.map(({ id }) => id);

describe("selectViews", () => {
  const numbers: Readonly<Record<string, readonly number[]>> = { a: [3, 1], b: [1, 2], c: [2, 3], d: [4, 4] };

  it("keeps the views with the lowest cross-entropy, in their own order", () => {
    const rule: SelectionRule = {
      method: "teacher",
      share: 0.5,
      crossEntropyOf: (_, view, epoch) => numbers[view]?.[epoch],
    };
    expect(idsOf(selectViews(rule, "x", views("a", "b", "c", "d"), 0))).toEqual(["b", "c"]);
    expect(idsOf(selectViews(rule, "x", views("a", "b", "c", "d"), 1))).toEqual(["a", "b"]);
  });

  it("keeps the most similar views, the first of equal ones", () => {
    const rule: SelectionRule = {
      method: "similarity",
      share: 0.5,
      similarityOf: (_, view) => (view === "d" ? 0.9 : 0.1),
    };
    expect(idsOf(selectViews(rule, "x", views("a", "b", "c", "d"), 0))).toEqual(["a", "d"]);
  });

  it("draws a random share once, or again for every epoch", () => {
    const pool = views(..."abcdefgh");
    const draw = (when: "once" | "epoch", epoch: number, seed = 1) =>
      idsOf(selectViews({ method: "random", share: 0.5, seed, when }, "x", pool, epoch)).join("");
    expect(draw("once", 0)).toBe(draw("once", 7));
    expect(new Set([0, 1, 2, 3, 4, 5].map((epoch) => draw("epoch", epoch))).size).toBeGreaterThan(3);
    expect(draw("epoch", 3)).toBe(draw("epoch", 3));
    expect(new Set([1, 2, 3, 4, 5].map((seed) => draw("once", 0, seed))).size).toBeGreaterThan(2);
  });

  it("keeps everything without a rule, and nothing of nothing", () => {
    expect(idsOf(selectViews({ method: "none" }, "x", views("a", "b"), 0))).toEqual(["a", "b"]);
    expect(selectViews({ method: "random", share: 0.5, seed: 1, when: "once" }, "x", [], 0)).toEqual([]);
  });

  it("drops what argues for another label, keeps what says nothing, and may keep nothing", () => {
    const nats: Readonly<Record<string, readonly number[]>> = { a: [0.4, -0.1], b: [0, -2], c: [-0.5, -0.6] };
    const keep = (margin: number, epoch = 0) => {
      const rule: SelectionRule = {
        method: "threshold",
        margin,
        informationOf: (_, view, at) => nats[view]?.[at],
      };
      return idsOf(selectViews(rule, "x", views("a", "b", "c"), epoch)).join("");
    };
    expect([keep(0), keep(0.5), keep(-0.1), keep(-0.5)]).toEqual(["ab", "abc", "a", ""]);
    expect([keep(0, 1), keep(0.6, 1)]).toEqual(["", "ac"]);
  });

  it("keeps a view exactly at the margin, whatever floating point adds", () => {
    const difference = 0.3 - 0.4; // -0.10000000000000003
    expect(difference).toBeLessThan(-0.1);
    const rule: SelectionRule = { method: "threshold", margin: 0.1, informationOf: () => difference };
    expect(selectViews(rule, "x", views("a"), 0)).toHaveLength(1);
  });

  it("refuses a view that no teacher scored, with its name", () => {
    const rule: SelectionRule = { method: "teacher", share: 1, crossEntropyOf: () => undefined };
    const threshold: SelectionRule = { method: "threshold", margin: 9, informationOf: () => undefined };
    for (const one of [rule, threshold]) {
      expect(() => selectViews(one, "post-7", views("a"), 0)).toThrow(
        expect.objectContaining({ code: "data/view-without-score", place: "post-7", value: "a" }),
      );
    }
  });

  it("keeps as many as the share says, at least one, and never a worse one than it drops", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 9, noNaN: true }), { minLength: 1, maxLength: 12 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (scores, share) => {
          const pool = scores.map((score, i) => ({ id: String(i), score }));
          const rule: SelectionRule = {
            method: "teacher",
            share,
            crossEntropyOf: (_, view) => scores[Number(view)],
          };
          const kept = selectViews(rule, "x", pool, 0);
          const dropped = pool.filter((view) => !kept.includes(view));
          expect(kept.length).toBe(keptCount(pool.length, share));
          expect(kept.length).toBeGreaterThan(0);
          const worst = Math.max(...kept.map(({ score }) => score));
          expect(dropped.every(({ score }) => score >= worst)).toBe(true);
        },
      ),
    );
  });
});

describe("keptCount", () => {
  it("rounds up, and does not mistake the dust of floating point for a further view", () => {
    expect([
      keptCount(4, 0.5),
      keptCount(5, 0.5),
      keptCount(1, 0.01),
      keptCount(30, 0.1),
      keptCount(0, 1),
    ]).toEqual([2, 3, 1, 3, 0]);
  });
});
