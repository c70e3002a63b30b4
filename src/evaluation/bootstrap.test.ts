import { describe, expect, it } from "vitest";
import { pairedBootstrap, pairedBootstrapMicroF1 } from "./bootstrap.ts";
import { seededIndex, xoshiro128 } from "./seeded-random.ts";

describe("xoshiro128", () => {
  it("gives the sequence of the published algorithm", () => {
    const next = xoshiro128([1, 2, 3, 4]);
    // An independent transcription of the authors' C code, run in Python.
    expect(Array.from({ length: 6 }, next)).toEqual([11520, 0, 5927040, 70819200, 2031721883, 1637235492]);
  });
});

describe("seededIndex", () => {
  it("is uniform, and the same for the same seed only", () => {
    const counts = new Array<number>(7).fill(0);
    const random = seededIndex(3);
    for (let i = 0; i < 70_000; i++) counts[random(7)]!++;
    // Chi-square with 6 degrees of freedom: 22.5 is exceeded once in a thousand seeds.
    expect(counts.reduce((sum, n) => sum + (n - 10_000) ** 2 / 10_000, 0)).toBeLessThan(22.5);
    const draw = (seed: number) =>
      Array.from(
        { length: 8 },
        (
          (r) => () =>
            r(1000)
        )(seededIndex(seed)),
      );
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    expect(draw(1)).not.toEqual(draw(1 + 2 ** 40));
  });
});

describe("pairedBootstrap", () => {
  const mean = (values: readonly number[]) => (indices: Uint32Array) => {
    let sum = 0;
    for (const i of indices) sum += values[i] ?? Number.NaN;
    return sum / indices.length;
  };

  it("approaches the exact distribution over all 27 resamples of three instances", () => {
    // Right answers of A: 1 0 0, of B: 1 1 0; d = 1/3. Of the 27 resamples, 8 have d* = 0, 12 d* = 1/3, 6 d* = 2/3 and 1 d* = 1,
    // so |d* - d| >= |d| in 15 of 27, and the quantiles at 0.1 and 0.9 are 0 and 2/3.
    const result = pairedBootstrap(3, mean([1, 0, 0]), mean([1, 1, 0]), {
      seed: 11,
      samples: 20_000,
      confidence: 0.8,
    });
    expect(result.difference).toBeCloseTo(1 / 3, 12);
    expect(result.pValue).toBeGreaterThan(15 / 27 - 0.015); // four standard errors
    expect(result.pValue).toBeLessThan(15 / 27 + 0.015);
    expect(result.interval[0]).toBe(0);
    expect(result.interval[1]).toBeCloseTo(2 / 3, 12);
  });

  it("finds nothing between a system and itself", () => {
    const gold = [0, 1, 2, 1, 0, 2];
    const same = [0, 1, 1, 1, 2, 2];
    const result = pairedBootstrapMicroF1(gold, { a: same, b: same }, 0, { seed: 1, samples: 200 });
    expect(result).toMatchObject({ difference: 0, interval: [0, 0], pValue: 1 });
  });

  it("finds a large difference, and measures micro F1 without None", () => {
    const gold = Array.from({ length: 200 }, (_, i) => i % 4);
    const a = gold.map((label, i) => (i % 2 === 0 ? label : 0));
    const result = pairedBootstrapMicroF1(gold, { a, b: gold }, 0, { seed: 5, samples: 500 });
    // Gold relations: 150; A predicts the 50 even ones (label 2), all right: F1 = 2 * 50 / (50 + 150).
    expect(result.a).toBeCloseTo(0.5, 12);
    expect(result.b).toBe(1);
    expect(result.pValue).toBe(1 / 501);
    expect(result.interval[0]).toBeGreaterThan(0.3);
  });

  it("repeats itself with the same seed", () => {
    const run = (seed: number) =>
      pairedBootstrap(4, mean([1, 0, 0.3, 1]), mean([0, 1, 0.5, 0.2]), { seed, samples: 100 });
    expect(run(9)).toEqual(run(9));
    expect(run(9).interval).not.toEqual(run(10).interval);
  });

  it("refuses options and statistics that mean nothing", () => {
    const one = () => 1;
    const code = (options: object, size = 2) => {
      try {
        pairedBootstrap(size, one, one, { seed: 1, ...options });
      } catch (error) {
        return (error as { code: string }).code;
      }
      return undefined;
    };
    expect(code({ samples: 0 })).toBe("evaluation/bad-bootstrap");
    expect(code({ confidence: 1 })).toBe("evaluation/bad-bootstrap");
    expect(code({ seed: 0.5 })).toBe("evaluation/bad-bootstrap");
    expect(code({}, 0)).toBe("evaluation/bad-bootstrap");
    for (const faulty of [() => Number.NaN, () => Number.POSITIVE_INFINITY]) {
      expect(() => pairedBootstrap(2, faulty, one, { seed: 1 })).toThrow(
        expect.objectContaining({ code: "evaluation/not-a-number" }),
      );
    }
    // Both are finite, but their difference is not.
    expect(() =>
      pairedBootstrap(
        2,
        () => -1e308,
        () => 1e308,
        { seed: 1 },
      ),
    ).toThrow(expect.objectContaining({ code: "evaluation/not-a-number" }));
  });
});
