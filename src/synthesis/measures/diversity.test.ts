// Drift and diversity against NumPy's numbers and hand calculations, and properties that hold for any views.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { distinctN, meanPairwiseDistance, vendiScore } from "./diversity.ts";
import { cosineDistance, SemanticDrift } from "./drift.ts";
import { symmetricEigenvalues } from "./eigenvalues.ts";

/** Row i is sin(7i + 3j + 1 + ij) over j. */
const waves = (rows: number, width: number) =>
  Array.from({ length: rows }, (_, i) =>
    Float32Array.from({ length: width }, (_, j) => Math.sin(i * 7 + j * 3 + 1 + i * j)),
  );
const unit = (width: number, axis: number) =>
  Float32Array.from({ length: width }, (_, i) => (i === axis ? 1 : 0));

describe("eigenvalues", () => {
  it("are those that numpy.linalg.eigvalsh gives", () => {
    const matrix = Float64Array.of(4, 1, -2, 2, 1, 2, 0, 1, -2, 0, 3, -2, 2, 1, -2, -1);
    const expected = [6.844621107234966, 2.2685314064312423, 1.0843644637732177, -2.197516977439427];
    symmetricEigenvalues(matrix, 4).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 12);
    });
  });

  it("keep the trace and the sum of squares of any symmetric matrix", () => {
    const square = fc.integer({ min: 1, max: 9 }).chain((size) =>
      fc
        .array(fc.double({ min: -10, max: 10, noNaN: true }), {
          minLength: size * size,
          maxLength: size * size,
        })
        .map((values) => ({ size, values })),
    );
    fc.assert(
      fc.property(square, ({ size, values }) => {
        const matrix = Float64Array.from({ length: size * size }, (_, at) => {
          const [i, j] = [Math.floor(at / size), at % size];
          return values[Math.min(i, j) * size + Math.max(i, j)]!;
        });
        const trace = Array.from({ length: size }, (_, i) => matrix[i * size + i]!).reduce(
          (a, b) => a + b,
          0,
        );
        const squares = matrix.reduce((sum, value) => sum + value * value, 0);
        const found = symmetricEigenvalues(matrix, size);
        expect(found.reduce((a, b) => a + b, 0)).toBeCloseTo(trace, 8);
        expect(found.reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(squares, 6);
        expect([...found]).toEqual([...found].sort((a, b) => b - a));
      }),
    );
  });

  it("are refused for a matrix of NaN", () => {
    expect(() => symmetricEigenvalues(Float64Array.of(Number.NaN), 1)).toThrow(
      expect.objectContaining({ code: "synthesis/not-a-number" }),
    );
  });
});

describe("diversity", () => {
  it("is what NumPy calculates", () => {
    for (const [rows, width, vendi, distance] of [
      [5, 4, 3.682844540860175, 1.1473831343516392],
      [3, 6, 2.996054332179754, 1.0125948769293875],
      [8, 3, 2.966806076220874, 1.1047061259156679],
    ] as const) {
      expect(vendiScore(waves(rows, width))).toBeCloseTo(vendi, 5);
      expect(meanPairwiseDistance(waves(rows, width))).toBeCloseTo(distance, 5);
    }
  });

  it("is one view in effect for copies, and as many as there are at right angles", () => {
    const copies = [waves(1, 5)[0]!, waves(1, 5)[0]!.map((value) => 3 * value), waves(1, 5)[0]!];
    expect(vendiScore(copies)).toBeCloseTo(1, 6);
    expect(meanPairwiseDistance(copies)).toBeCloseTo(0, 6);
    const axes = [0, 1, 2, 3].map((axis) => unit(4, axis));
    expect(vendiScore(axes)).toBeCloseTo(4, 10);
    expect(meanPairwiseDistance(axes)).toBe(1);
    // Two copies each of two directions: two in effect, 4 of 6 pairs at right angles.
    const pairs = [unit(4, 0), unit(4, 0), unit(4, 1), unit(4, 1)];
    expect(vendiScore(pairs)).toBeCloseTo(2, 10);
    expect(meanPairwiseDistance(pairs)).toBeCloseTo(4 / 6, 10);
  });

  it("lies between 1 and the number of views", () => {
    const embeddings = fc.array(
      fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 3, maxLength: 3 }),
      { minLength: 1, maxLength: 10 },
    );
    fc.assert(
      fc.property(embeddings, (rows) => {
        const score = vendiScore(rows.map((row) => Float32Array.from(row)))!;
        expect(score).toBeGreaterThan(1 - 1e-6);
        expect(score).toBeLessThan(rows.length + 1e-6);
      }),
    );
  });

  it("is undefined for too few views", () => {
    expect(vendiScore([])).toBeUndefined();
    expect(meanPairwiseDistance([unit(2, 0)])).toBeUndefined();
    expect(distinctN([], 1)).toBeUndefined();
    expect(distinctN(["one"], 2)).toBeUndefined();
  });

  it("counts distinct runs of words over all of them", () => {
    const texts = ["A red kite, a red boat.", "The red kite!"];
    // a red kite a red boat the red kite: 5 different of 9 words.
    expect(distinctN(texts, 1)).toBe(5 / 9);
    // a-red red-kite kite-a a-red red-boat | the-red red-kite: 5 different of 7.
    expect(distinctN(texts, 2)).toBe(5 / 7);
  });
});

describe("drift", () => {
  it("is the mean distance from the origin, and its spread, step by step", () => {
    const drift = new SemanticDrift();
    const origin = Float32Array.of(1, 0);
    const at = (degrees: number) =>
      Float32Array.of(2 * Math.cos((degrees * Math.PI) / 180), 2 * Math.sin((degrees * Math.PI) / 180));
    const add = (step: number, degrees: number, instance: string) =>
      drift.add({ step, cluster: instance, view: at(degrees), origin, unrelated: at(90) });
    add(3, 90, "a");
    add(1, 60, "a");
    add(1, 0, "b");
    add(1, -90, "c");
    // Distances 1/2, 0 and 1: mean 1/2, sample standard deviation 1/2.
    const [first, second] = drift.steps();
    expect(first).toMatchObject({ step: 1, round: 1, count: 3 });
    expect(first!.mean).toBeCloseTo(0.5, 6);
    expect(first!.spread).toBeCloseTo(0.5, 6);
    expect(second).toMatchObject({ step: 3, round: 2, count: 1, spread: 0 });
    expect(second!.mean).toBeCloseTo(1, 6);
    // The unrelated origin is 30, 90 and 180 degrees away.
    const controls = [1 - Math.sqrt(3) / 2, 1, 2];
    expect(first!.unrelated!.mean).toBeCloseTo((controls[0]! + 3) / 3, 6);
    expect(first!.nearer!.mean).toBeCloseTo((controls[0]! + 3) / 3 - 0.5, 6);
    expect(new SemanticDrift().steps()).toEqual([]);
  });

  it("takes opposite directions for 2 apart, and zeros for unrelated", () => {
    expect(cosineDistance(Float32Array.of(1, 1), Float32Array.of(-2, -2))).toBeCloseTo(2, 10);
    expect(cosineDistance(Float32Array.of(0, 0), Float32Array.of(1, 0))).toBe(1);
    expect(cosineDistance(Float32Array.of(-0, 1e-45), Float32Array.of(0, 3e38))).toBe(0);
  });

  it("is not defined for an embedding that holds no numbers", () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const origin = Float32Array.of(value, 1);
      const pair = { step: 1, cluster: "a", view: Float32Array.of(1, 0), origin, unrelated: undefined };
      expect(() => new SemanticDrift().add(pair)).toThrow(
        expect.objectContaining({ code: "synthesis/not-a-number" }),
      );
    }
  });
});
