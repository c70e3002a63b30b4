import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FoldedRows, RidgeFolds } from "./ridge-folds.ts";

function rowsOf(
  features: readonly (readonly number[])[],
  labels: readonly number[],
  folds: readonly number[],
): FoldedRows {
  return {
    rows: features.length,
    width: features[0]!.length,
    classes: Math.max(...labels) + 1,
    folds: Math.max(...folds) + 1,
    write: (row, into) => into.set(features[row]!),
    classOf: (row) => labels[row]!,
    foldOf: (row) => folds[row]!,
  };
}

function scoresOf(data: FoldedRows, fold: number, shrinkage: number, features: readonly number[]): number[] {
  const into = new Float32Array(data.classes);
  new RidgeFolds(data, shrinkage)
    .without(fold, data.classes, data.classOf)
    .score(Float32Array.from(features), into);
  return [...into];
}

describe("ridge regression without one fold", () => {
  it("fits the line of a hand calculation", () => {
    // Fold 0 has the rows x = 0, 1 of class 0 and x = 2, 3 of class 1. Least squares of y1 on x: slope 0.4, at x = 1.5 it is 0.5.
    const data = rowsOf([[0], [1], [2], [3], [10]], [0, 0, 1, 1, 0], [0, 0, 0, 0, 1]);
    const at = (x: number) => scoresOf(data, 1, 0, [x]);
    expect(at(1.5)[1]).toBeCloseTo(0.5, 5);
    expect(at(3)[1]).toBeCloseTo(1.1, 5);
    expect(at(3)[0]).toBeCloseTo(-0.1, 5);
  });

  it("gives the shares of the classes where everything is shrunk", () => {
    const data = rowsOf([[0], [1], [2], [3], [9]], [0, 0, 0, 1, 1], [0, 0, 0, 0, 1]);
    const [a, b] = scoresOf(data, 1, 0.999999, [1.5]);
    expect(a).toBeCloseTo(0.75, 2);
    expect(b).toBeCloseTo(0.25, 2);
  });

  it("never looks at the labels of the fold that it leaves out", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.double({ min: -5, max: 5, noNaN: true }),
            fc.double({ min: -5, max: 5, noNaN: true }),
            fc.nat(2),
            fc.nat(2),
          ),
          { minLength: 12, maxLength: 40 },
        ),
        fc.nat(2),
        (drawn, other) => {
          const features = drawn.map(([x, y]) => [x, y]);
          const folds = drawn.map((_, i) => i % 3);
          const labels = drawn.map(([, , label], i) => (i < 3 ? i : label));
          const changed = labels.map((label, i) => (folds[i] === 0 ? (i < 3 ? label : other) : label));
          const before = scoresOf(rowsOf(features, labels, folds), 0, 0.1, features[0]!);
          const after = scoresOf(rowsOf(features, changed, folds), 0, 0.1, features[0]!);
          expect(after.map((score, c) => Math.abs(score - before[c]!) < 1e-4)).toEqual(after.map(() => true));
        },
      ),
      { numRuns: 30 },
    );
  });

  it("survives features that never change", () => {
    const data = rowsOf([[1], [1], [1], [1]], [0, 1, 0, 1], [0, 0, 1, 1]);
    expect(scoresOf(data, 0, 0.1, [1])).toEqual([0.5, 0.5]);
  });
});
