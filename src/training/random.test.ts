// Tests of the random numbers: known answers of the generator, and statistics with fixed seeds.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exactExp, exactLog } from "./exact-math.ts";
import { philox } from "./philox.ts";
import { fillDropoutMask, fillDropoutMaskPortably, realisedDropout, stream } from "./random.ts";

const SEED = 20_240_607;

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum / values.length;
}

function variance(values: ArrayLike<number>): number {
  const centre = mean(values);
  return mean(Array.from(values, (x) => (x - centre) ** 2));
}

describe("philox", () => {
  test.each([
    [[0, 0, 0, 0, 0, 0], "6627e8d5 e169c58d bc57ac4c 9b00dbd8"],
    [Array<number>(6).fill(0xffff_ffff), "408f276d 41c83b0e a20bc7c6 6d5451fd"],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0],
      "d16cfe09 94fdcceb 5001e420 24126ea1",
    ],
  ])("gives the authors' known answer for %j", (input, answer) => {
    const out = new Uint32Array(4);
    const [c0, c1, c2, c3, k0, k1] = input as [number, number, number, number, number, number];
    philox(out, c0, c1, c2, c3, k0, k1);
    expect([...out].map((word) => word.toString(16).padStart(8, "0")).join(" ")).toBe(answer);
  });
});

describe("exact arithmetic", () => {
  test("the logarithm agrees with the platform's to a unit in the last place or two", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), (x) => {
        const reference = Math.log(x);
        expect(Math.abs(exactLog(x) - reference)).toBeLessThanOrEqual(
          4.5e-16 * Math.max(Math.abs(reference), 1e-3),
        );
      }),
      { numRuns: 5000 },
    );
  });

  test("the exponential agrees with the platform's, over its whole range", () => {
    fc.assert(
      fc.property(fc.double({ min: -700, max: 709, noNaN: true }), (x) => {
        const reference = Math.exp(x);
        expect(Math.abs(exactExp(x) - reference)).toBeLessThanOrEqual(6e-16 * reference);
      }),
      { numRuns: 5000 },
    );
    expect(exactExp(-740) / Math.exp(-740)).toBeCloseTo(1, 2);
    expect(exactExp(-1000)).toBe(0);
    expect(exactExp(1000)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("stream", () => {
  test("the same address gives the same draws; another seed, step or site gives others", () => {
    const draws = (seed: number, step: number, site: string | number) => {
      const random = stream(seed, step, site);
      return Array.from({ length: 8 }, () => random.uint32());
    };
    expect(draws(1, 2, "a")).toEqual(draws(1, 2, "a"));
    const others = [
      draws(1, 2, "a"),
      draws(2, 2, "a"),
      draws(1 + 2 ** 32, 2, "a"),
      draws(1, 3, "a"),
      draws(1, 2, "b"),
      draws(1, 2, 7),
      draws(1, 2, "7"),
      draws(1, 2, 7 + 2 ** 32),
    ];
    expect(new Set(others.flat()).size).toBe(others.length * 8);
  });

  test("its values are pinned, so a change of the generator cannot pass unseen", () => {
    const random = stream(42, 3, "mixup");
    expect([random.uint32(), random.uniform(), random.normal(), random.beta(2, 3)]).toMatchInlineSnapshot(`
      [
        1930923101,
        0.49985167839575617,
        -0.8488496488778592,
        0.667837953053309,
      ]
    `);
  });

  test("uniform draws have the mean, the variance and the flat histogram of [0, 1)", () => {
    const random = stream(SEED, 0, "uniform");
    const draws = Float64Array.from({ length: 100_000 }, () => random.uniform());
    expect(mean(draws)).toBeCloseTo(1 / 2, 2);
    expect(variance(draws)).toBeCloseTo(1 / 12, 2);
    const cells = new Float64Array(100);
    for (const x of draws) cells[Math.floor(x * 100)]! += 1; // draws are in [0, 1)
    const chiSquare = cells.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chiSquare).toBeLessThan(148.2); // 99.9 % quantile at 99 degrees of freedom
  });

  test("normal draws have the moments of the standard normal and its tail", () => {
    const random = stream(SEED, 0, "normal");
    const draws = Float64Array.from({ length: 100_000 }, () => random.normal());
    const deviations = 4 / Math.sqrt(draws.length); // four standard deviations of each estimate, up to its own factor
    expect(Math.abs(mean(draws))).toBeLessThan(deviations);
    expect(Math.abs(variance(draws) - 1)).toBeLessThan(deviations * Math.sqrt(2));
    expect(Math.abs(mean(draws.map((x) => x ** 4)) - 3)).toBeLessThan(deviations * Math.sqrt(96));
    const tail = mean(draws.map((x) => (x > 1.959964 ? 1 : 0)));
    expect(Math.abs(tail - 0.025)).toBeLessThan(deviations * Math.sqrt(0.025));
  });

  test.each([
    [1, 1],
    [2, 3],
    [0.5, 0.5],
    [8, 1],
  ])("Beta(%d, %d) draws have its mean and variance", (a, b) => {
    const random = stream(SEED, 0, `beta/${a}/${b}`);
    const draws = Float64Array.from({ length: 50_000 }, () => random.beta(a, b));
    expect(mean(draws)).toBeCloseTo(a / (a + b), 2);
    expect(variance(draws)).toBeCloseTo((a * b) / ((a + b) ** 2 * (a + b + 1)), 2);
    for (const x of draws) expect(x >= 0 && x <= 1).toBe(true);
  });

  test("Beta(1, 1) is exactly the uniform draw, and tiny parameters give no NaN", () => {
    expect(stream(5, 6, "x").beta(1, 1)).toBe(stream(5, 6, "x").uniform());
    const random = stream(SEED, 0, "tiny");
    const draws = Array.from({ length: 1000 }, () => random.beta(0.001, 0.001));
    expect(draws.every((x) => x >= 0 && x <= 1)).toBe(true);
    expect(mean(draws)).toBeCloseTo(0.5, 1);
  });

  test("permutations hold every index once, and all orders of four are equally likely", () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(), (size, seed) => {
        const order = stream(seed, 0, "order").permutation(size);
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, i) => i));
      }),
      { numRuns: 100 },
    );
    const counts = new Map<string, number>();
    for (let step = 0; step < 24_000; step++) {
      const order = stream(SEED, step, "order").permutation(4).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chiSquare).toBeLessThan(49.7); // 99.9 % quantile at 23 degrees of freedom
  });

  test("addresses that are not integers and impossible distributions are refused", () => {
    expect(() => stream(-1, 0, "x")).toThrow(
      expect.objectContaining({ code: "training/bad-random-address" }),
    );
    expect(() => stream(1, 0.5, "x")).toThrow(
      expect.objectContaining({ code: "training/bad-random-address" }),
    );
    expect(() => stream(1, 0, Number.NaN)).toThrow(
      expect.objectContaining({ code: "training/bad-random-address" }),
    );
    expect(() => stream(1, 0, "x").beta(0, 1)).toThrow(
      expect.objectContaining({ code: "training/bad-distribution" }),
    );
  });
});

describe("fillDropoutMask", () => {
  const mask = (length: number, p: number, seed: number, step: number, site: string | number) => {
    const target = new Float32Array(length);
    fillDropoutMask(target, p, seed, step, site);
    return target;
  };

  test("the SIMD kernel gives bit for bit what plain JavaScript gives, at every length", () => {
    const lengths = fc.oneof(fc.nat(300), fc.integer({ min: 8000, max: 17_000 }));
    fc.assert(
      fc.property(lengths, fc.double({ min: 0, max: 0.999, noNaN: true }), fc.nat(), (length, p, seed) => {
        const portable = new Float32Array(length);
        fillDropoutMaskPortably(portable, p, seed, 4, "site");
        expect(
          Buffer.compare(Buffer.from(mask(length, p, seed, 4, "site").buffer), Buffer.from(portable.buffer)),
        ).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  test("elements are 0 with the realised probability, else its inverse, so the expectation is 1", () => {
    for (const p of [0.1, 0.2, 0.5, 0.9]) {
      const target = mask(400_000, p, SEED, 1, "mean");
      expect(realisedDropout(p)).toBeCloseTo(p, 4);
      expect(new Set(target)).toEqual(new Set([0, Math.fround(1 / (1 - realisedDropout(p)))]));
      const zeros = target.reduce((count, x) => count + (x === 0 ? 1 : 0), 0);
      expect(Math.abs(zeros / target.length - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / target.length));
    }
  });

  test("masks of different sites, steps and seeds, and neighbours in one mask, are independent", () => {
    const size = 200_000;
    const a = mask(size, 0.5, SEED, 1, "a");
    const agreement = (b: Float32Array) => a.reduce((count, x, i) => count + (x === b[i] ? 1 : 0), 0) / size;
    const tolerance = 4 * Math.sqrt(0.25 / size);
    const others = [
      mask(size, 0.5, SEED, 1, "b"),
      mask(size, 0.5, SEED, 2, "a"),
      mask(size, 0.5, SEED + 1, 1, "a"),
      mask(size, 0.5, SEED, 1, 0),
      ...[1, 2, 4, 7, 8, 64].map((shift) => mask(size + shift, 0.5, SEED, 1, "a").subarray(shift)),
    ];
    for (const other of others) expect(Math.abs(agreement(other) - 0.5)).toBeLessThan(tolerance);
  });

  test("a shorter mask is the beginning of a longer one, and no dropout gives ones", () => {
    expect(mask(20_000, 0.3, 1, 2, "x").subarray(0, 9001)).toEqual(mask(9001, 0.3, 1, 2, "x"));
    expect(mask(70, 0, 1, 2, "x").every((x) => x === 1)).toBe(true);
    expect(() => mask(1, 1, 1, 2, "x")).toThrow(expect.objectContaining({ code: "training/bad-dropout" }));
  });
});
