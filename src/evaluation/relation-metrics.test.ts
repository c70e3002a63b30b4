// Expected numbers are from scikit-learn 1.9: precision_recall_fscore_support(..., zero_division=0), accuracy_score, confusion_matrix.
import { describe, expect, it } from "vitest";
import { LabelSet } from "../data/labels.ts";
import { relationMetrics } from "./relation-metrics.ts";

const labels = new LabelSet(["None", "parent", "peer", "member_of", "race"]);
const gold = [0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 1];
const predicted = [0, 0, 0, 1, 2, 1, 1, 0, 2, 1, 0, 0];

describe("relationMetrics", () => {
  const metrics = relationMetrics(gold, predicted, labels);

  it("counts accuracy with the None label", () => {
    expect(metrics.correct).toBe(6);
    expect(metrics.accuracy).toBeCloseTo(0.5, 12);
  });

  it("pools precision, recall and F1 over the other labels", () => {
    // By hand: 3 right among 6 predicted relations and 7 gold ones.
    expect(metrics.micro).toMatchObject({ truePositives: 3, predicted: 6, support: 7 });
    expect(metrics.micro.precision).toBeCloseTo(0.5, 12);
    expect(metrics.micro.recall).toBeCloseTo(3 / 7, 12);
    expect(metrics.micro.f1).toBeCloseTo(6 / 13, 12);
  });

  it("averages over all labels but None, and over those that occur", () => {
    expect(metrics.macro.f1).toBeCloseTo(0.25, 12);
    expect(metrics.macroSupported.f1).toBeCloseTo(1 / 3, 12);
  });

  it("gives every relation its row", () => {
    expect(metrics.relations.map(({ support }) => support)).toEqual([5, 4, 2, 1, 0]);
    expect(metrics.relations.map(({ precision }) => precision)).toEqual([0.5, 0.5, 0.5, 0, 0]);
    expect(metrics.relations.map(({ recall }) => recall)).toEqual([0.6, 0.5, 0.5, 0, 0]);
    expect(metrics.relations[0]?.f1).toBeCloseTo(6 / 11, 12);
  });

  it("counts confusions, gold by row", () => {
    expect(metrics.confusion).toEqual([
      [3, 1, 1, 0, 0],
      [2, 2, 0, 0, 0],
      [0, 1, 1, 0, 0],
      [1, 0, 0, 0, 0],
      [0, 0, 0, 0, 0],
    ]);
  });

  it("agrees with scikit-learn on 500 pseudo-random predictions", () => {
    let x = 12345n;
    const next = () => {
      x = (x * 1103515245n + 12345n) % 2n ** 31n;
      return Number(x >> 16n);
    };
    const g: number[] = [];
    const p: number[] = [];
    for (let i = 0; i < 500; i++) {
      g.push(next() % 6);
      p.push(next() % 3 !== 0 ? (g.at(-1) ?? 0) : next() % 6);
    }
    const large = relationMetrics(g, p, new LabelSet(["None", "a", "b", "c", "d", "e"]));
    expect(large.micro.precision).toBeCloseTo(0.7397590361445783, 12);
    expect(large.micro.recall).toBeCloseTo(0.7415458937198067, 12);
    expect(large.micro.f1).toBeCloseTo(0.7406513872135102, 12);
    expect(large.macro.precision).toBeCloseTo(0.7399363739870068, 12);
    expect(large.macro.recall).toBeCloseTo(0.7447124654288726, 12);
    expect(large.macro.f1).toBeCloseTo(0.7405393092087383, 12);
    expect(large.accuracy).toBeCloseTo(0.734, 12);
  });

  it("gives zeros, not NaN, when there is nothing to score", () => {
    const { accuracy, micro, macro } = relationMetrics([], [], labels);
    expect([accuracy, micro.f1, macro.f1]).toEqual([0, 0, 0]);
  });

  it("scores every label when the set has no None", () => {
    const { micro, accuracy } = relationMetrics([0, 1, 1], [0, 1, 0], new LabelSet(["a", "b"]));
    expect(micro.f1).toBeCloseTo(accuracy, 12);
  });

  it("refuses predictions that do not fit", () => {
    expect(() => relationMetrics([0], [0, 1], labels)).toThrow(
      expect.objectContaining({ code: "evaluation/different-lengths" }),
    );
    for (const index of [5, -1, 0.5, Number.NaN]) {
      expect(() => relationMetrics([0], [index], labels)).toThrow(
        expect.objectContaining({ code: "evaluation/bad-label-index" }),
      );
    }
  });
});
