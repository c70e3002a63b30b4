// The modality gap of pairs whose representations are known, and the controls: shuffled pairs have no advantage.
import { describe, expect, it } from "vitest";
import { modalityGap } from "./modality-gap.ts";
import { outOfFoldPredictions } from "./ridge.ts";
import { seededIndex } from "./seeded-random.ts";

const rows = (...values: number[][]) => values.map((row) => Float32Array.from(row));
const CLASSES = 12;
const oneHot = (place: number, height = 5) =>
  Float32Array.from({ length: CLASSES }, (_, i) => (i === place % CLASSES ? height : 0));
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

describe("the modality gap", () => {
  it("is what two pairs give by hand", () => {
    // softmax(0, 0) = 1/2, 1/2; softmax(ln 3, 0) = 3/4, 1/4.
    const texts = rows([0, 0], [Math.log(3), 0]);
    const pictures = rows([0, 0], [Math.log(3), 0]);
    const { divergence, retrieval, pairs, clusters } = modalityGap({ texts, pictures, clusters: [0, 1] });
    expect([pairs, clusters]).toEqual([2, 2]);
    expect(divergence.matched.mean).toBeCloseTo(0, 6);
    // KL(1/2 || 3/4, 1/4) = ln(2/3)/2 + ln(2)/2; KL(3/4, 1/4 || 1/2) = 3/4 ln(3/2) + 1/4 ln(1/2).
    const shuffled = [Math.log(2 / 3) / 2 + Math.LN2 / 2, 0.75 * Math.log(1.5) + 0.25 * Math.log(0.5)];
    expect(divergence.shuffled.mean).toBeCloseTo((shuffled[0]! + shuffled[1]!) / 2, 6);
    expect(divergence.advantage.mean).toBeCloseTo((shuffled[0]! + shuffled[1]!) / 2, 6);
    expect(retrieval.reciprocalRank.mean).toBe(1);
    // Two candidates in random order: (1 + 1/2) / 2.
    expect(retrieval.byChance).toBe(0.75);
  });

  it("shows aligned pairs: the own picture is nearest, and shuffled ones are not", () => {
    const texts = numbers(CLASSES).map((i) => oneHot(i));
    const pictures = numbers(CLASSES).map((i) => oneHot(i, 3));
    const gap = modalityGap({ texts, pictures, clusters: numbers(CLASSES) });
    expect(gap.retrieval.relativeRank.mean).toBe(0);
    expect(gap.cosine.matched.mean).toBeCloseTo(1, 6);
    expect(gap.cosine.shuffled.mean).toBeCloseTo(-1 / (CLASSES - 1), 6);
    expect(gap.divergence.advantage.interval[0]).toBeGreaterThan(1);
    expect(gap.centroids.mean).toBeCloseTo(0, 6);
  });

  it("has no advantage for pairs that were shuffled, within its interval", () => {
    const count = 120;
    const draw = seededIndex(5);
    const texts = numbers(count).map(() => oneHot(draw(CLASSES)));
    const pictures = numbers(count).map(() => oneHot(draw(CLASSES)));
    const gap = modalityGap({ texts, pictures, clusters: numbers(count) });
    for (const { advantage } of [gap.divergence, gap.cosine]) {
      expect(advantage.interval[0]).toBeLessThan(0);
      expect(advantage.interval[1]).toBeGreaterThan(0);
    }
    expect(gap.retrieval.relativeRank.interval[0]).toBeLessThan(0.5);
    expect(gap.retrieval.relativeRank.interval[1]).toBeGreaterThan(0.5);
  });

  it("gives a model that makes one vector of every picture no advantage, however near the vectors are", () => {
    const texts = numbers(CLASSES).map((i) => oneHot(i, 0.1));
    const pictures = numbers(CLASSES).map(() => new Float32Array(CLASSES));
    const gap = modalityGap({ texts, pictures, clusters: numbers(CLASSES) });
    expect(gap.divergence.matched.mean).toBeLessThan(0.001);
    expect(gap.divergence.advantage.mean).toBeCloseTo(0, 10);
    expect(gap.retrieval.relativeRank.mean).toBe(0.5); // ties
  });

  it("does not take pairs that share a picture for shuffled ones", () => {
    const texts = [oneHot(0), oneHot(0), oneHot(1)];
    const pictures = [oneHot(0), oneHot(0), oneHot(1)];
    const apart = modalityGap({ texts, pictures, clusters: [0, 0, 1] });
    expect(apart.retrieval.reciprocalRank.mean).toBe(1);
    expect(apart.cosine.shuffled.mean).toBeCloseTo(-1, 6);
  });

  it("measures the distance of the two means apart from the pairs", () => {
    // All texts point one way and all pictures the opposite way.
    const gap = modalityGap({
      texts: rows([1, 0], [2, 0]),
      pictures: rows([-1, 0], [-3, 0]),
      clusters: [0, 1],
    });
    expect(gap.centroids.mean).toBeCloseTo(2, 6);
  });

  it("refuses what has nothing to be shuffled with, or is not a number", () => {
    const one = { texts: rows([1]), pictures: rows([1]), clusters: [0] };
    expect(() => modalityGap(one)).toThrow(
      expect.objectContaining({ code: "evaluation/nothing-to-evaluate" }),
    );
    const broken = { texts: rows([1, 0], [0, 1]), pictures: rows([1, 0], [Number.NaN, 1]), clusters: [0, 1] };
    expect(() => modalityGap(broken)).toThrow(expect.objectContaining({ code: "evaluation/not-a-number" }));
  });
});

describe("a linear map fitted out of fold", () => {
  const draw = seededIndex(3);
  const noise = () => draw(2001) / 1000 - 1;
  const features = numbers(300).map(() => Float32Array.from([noise(), noise(), noise()]));

  it("finds a map that there is, shrunk by its penalty", () => {
    const targets = features.map(([a, b]) => Float32Array.of(2 * a! - b! + 5));
    const found = outOfFoldPredictions({ features, targets, clusters: numbers(300), folds: 5 });
    found.forEach((row, i) => {
      // 1 / (1 + 0.1) of what varies.
      expect(row[0]).toBeCloseTo(5 + (targets[i]![0]! - 5) / 1.1, 0);
    });
  });

  it("predicts no more than the mean of targets that have nothing to do with the features", () => {
    const targets = features.map(() => Float32Array.of(noise()));
    const found = outOfFoldPredictions({ features, targets, clusters: numbers(300), folds: 5 });
    const dot = found.reduce((sum, row, i) => sum + row[0]! * targets[i]![0]!, 0) / 300;
    expect(Math.abs(dot)).toBeLessThan(0.02);
  });

  it("keeps rows of one cluster in one fold: copies do not help", () => {
    const pairs = numbers(40).flatMap(() => {
      const [x, y] = [Float32Array.of(noise()), Float32Array.of(noise())];
      return [
        { x, y },
        { x, y },
      ];
    });
    const rowsOf = { features: pairs.map(({ x }) => x), targets: pairs.map(({ y }) => y), folds: 4 };
    const found = outOfFoldPredictions({ ...rowsOf, clusters: pairs.map((_, i) => i >> 1) });
    found.forEach((row, i) => {
      expect(row).toEqual(found[i ^ 1]); // by one map, which saw neither
    });
  });
});
