import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Document } from "../data/document.ts";
import { LabelSet } from "../data/labels.ts";
import { entityMetrics } from "../evaluation/entity-metrics.ts";
import { relationMetrics } from "../evaluation/relation-metrics.ts";
import { compareRows, holm } from "./compare.ts";
import { type Outcomes, outcomesOf, statisticOf } from "./outcomes.ts";

const LABELS = ["None", "a", "b", "c"];
const whole = (size: number) => Uint32Array.from({ length: size }, (_, i) => i);

/** Documents with relations of these labels, between the first mention and each other mention. */
function documents(labels: readonly (readonly number[])[]): Document[] {
  return labels.map((own, i) => ({
    id: String(i),
    text: "x".repeat(20),
    entities: Array.from({ length: own.length + 1 }, (_, at) => ({ start: at, end: at + 1, label: "e" })),
    relations: own.map((label, at) => ({ head: 0, tail: at + 1, label: LABELS[label] ?? "" })),
  }));
}

const labelledTwice = fc
  .array(fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { minLength: 1, maxLength: 3 }), {
    minLength: 1,
    maxLength: 12,
  })
  .map((lists) => ({
    gold: lists.map((list) => list.map(([label]) => label)),
    predicted: lists.map((list) => list.map(([, label]) => label)),
  }));

describe("outcomes of documents", () => {
  it("add up to the metrics of relations", () => {
    fc.assert(
      fc.property(labelledTwice, ({ gold, predicted }) => {
        const metrics = relationMetrics(gold.flat(), predicted.flat(), new LabelSet(LABELS));
        const ids = gold.map((_, i) => String(i));
        const score = (metric: "micro_f1" | "macro_f1" | "accuracy", classes?: number) =>
          statisticOf(
            outcomesOf("mre", metric, documents(gold), documents(predicted)),
            ids,
            classes,
          )(whole(ids.length));
        expect(score("micro_f1")).toBeCloseTo(metrics.micro.f1, 12);
        expect(score("accuracy")).toBeCloseTo(metrics.accuracy, 12);
        expect(score("macro_f1", LABELS.length - 1)).toBeCloseTo(metrics.macro.f1, 12);
      }),
    );
  });

  it("add up to the metrics of entities", () => {
    const spans = fc.uniqueArray(
      fc.record({ start: fc.nat(3), end: fc.integer({ min: 4, max: 6 }), label: fc.constantFrom("p", "q") }),
      { maxLength: 4, selector: ({ start, end, label }) => `${start} ${end} ${label}` },
    );
    const lists = fc.array(fc.tuple(spans, spans), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(lists, (pairs) => {
        const make = (side: 0 | 1): Document[] =>
          pairs.map((pair, i) => ({ id: String(i), text: "0123456", entities: pair[side], relations: [] }));
        const metrics = entityMetrics(
          pairs.map(([gold]) => gold),
          pairs.map(([, found]) => found),
        );
        const ids = pairs.map((_, i) => String(i));
        for (const [metric, score] of [
          ["micro_f1", metrics.micro.f1],
          ["macro_f1", metrics.macro.f1],
        ] as const) {
          const outcomes = outcomesOf("mner", metric, make(0), make(1));
          expect(statisticOf(outcomes, ids)(whole(ids.length))).toBeCloseTo(score, 12);
        }
      }),
    );
  });

  it("leave out gold relations that were not scored", () => {
    const gold = documents([[1, 2]]);
    const predicted = documents([[1, 2]]).map((one) => ({ ...one, relations: one.relations.slice(0, 1) }));
    expect(outcomesOf("mre", "accuracy", gold, predicted).get("0")).toEqual([
      { label: "all", above: 1, below: 1 },
    ]);
  });
});

describe("compareRows", () => {
  /** Accuracy outcomes: which of the documents are right. */
  const run = (right: readonly boolean[]): Outcomes =>
    new Map(right.map((one, i) => [String(i), [{ label: "all", above: Number(one), below: 1 }]]));
  const alone = new Map(Array.from({ length: 400 }, (_, i) => [String(i), i]));
  const options = { seed: 1, samples: 2000, clusters: alone };

  it("draws documents of one cluster together: copies of documents narrow no interval", () => {
    const [a, b] = [7, 5].map((period) => Array.from({ length: 40 }, (_, i) => i % period !== 0));
    const copied = (right: readonly boolean[]) => run(right.flatMap((one) => Array<boolean>(9).fill(one)));
    const compare = (of: typeof run, clusters: ReadonlyMap<string, number>) =>
      compareRows({ runs: [of(a!)] }, { runs: [of(b!)] }, { ...options, clusters })!;
    const once = compare(run, alone);
    const together = compare(copied, new Map([...alone.keys()].map((id, i) => [id, Math.floor(i / 9)])));
    expect(together).toEqual({ ...once, documents: 360, clusters: 40 });
    const byLine = compare(copied, alone);
    const width = ({ interval: [low, high] }: typeof once) => high - low;
    expect(width(once) / width(byLine)).toBeGreaterThan(2.5);
  });

  it("compares the means over seeds", () => {
    const reference = { runs: [run([true, false, false, false]), run([true, true, false, false])] };
    const row = { runs: [run([true, true, true, false]), run([true, true, true, true])] };
    // Means of 1/4 and 2/4, and of 3/4 and 1.
    expect(compareRows(reference, row, options)?.difference).toBeCloseTo(0.875 - 0.375, 12);
  });

  it("finds nothing between equal rows, and little luck in a difference that all documents show", () => {
    const some = run([true, false, true, false, true]);
    expect(compareRows({ runs: [some] }, { runs: [some] }, options)).toMatchObject({
      difference: 0,
      pValue: 1,
    });
    const all = compareRows(
      { runs: [run(Array(50).fill(false))] },
      { runs: [run(Array(50).fill(true))] },
      options,
    );
    expect(all?.interval).toEqual([1, 1]);
    // d* - d is 0 on every resample, so never as large as 1: p = 1 / (1 + samples).
    expect(all?.pValue).toBeCloseTo(1 / 2001, 12);
  });

  it("uses the documents that all runs were scored on, and says nothing without any", () => {
    const less = new Map([...run([true, true, true])].slice(1));
    expect(compareRows({ runs: [run([false, false, false])] }, { runs: [less] }, options)).toMatchObject({
      documents: 2,
      difference: 1,
    });
    expect(compareRows({ runs: [new Map()] }, { runs: [less] }, options)).toBeUndefined();
    expect(compareRows({ runs: [] }, { runs: [less] }, options)).toBeUndefined();
  });
});

describe("holm", () => {
  it("multiplies the smallest p by their number, the next by one less, and never falls", () => {
    // 0.005 * 4, 0.01 * 3, 0.03 * 2, and 0.04 * 1, which is raised to the one before.
    const adjusted = holm([0.01, 0.04, 0.03, 0.005]);
    for (const [i, p] of [0.03, 0.06, 0.06, 0.02].entries()) expect(adjusted[i]).toBeCloseTo(p, 12);
    expect(holm([0.6, 0.9])).toEqual([1, 1]);
    expect(holm([])).toEqual([]);
  });
});
