// Arithmetic with named sizes agrees with arithmetic on their values.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addDimensions,
  type Dimension,
  evaluateDimension,
  isDimension,
  multiplyDimensions,
  productOf,
  sameShape,
} from "./dimension.ts";

const NAMES = ["batch", "length", "objects"] as const;

const sizes = fc
  .tuple(...NAMES.map(() => fc.integer({ min: 0, max: 9 })))
  .map((numbers) => new Map(NAMES.map((name, i) => [name as string, numbers[i] as number])));

/** Sums and products of numbers and names, at most three deep. */
const dimension: fc.Arbitrary<Dimension> = fc.letrec<{ any: Dimension }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.integer({ min: -4, max: 9 }),
    fc.constantFrom(...NAMES),
    fc.tuple(tie("any"), tie("any")).map(([a, b]) => addDimensions(a, b)),
    fc.tuple(tie("any"), tie("any")).map(([a, b]) => multiplyDimensions(a, b)),
  ),
})).any;

const at = (d: Dimension, known: ReadonlyMap<string, number>) => (evaluateDimension(d, known) as number) + 0; // +0 for -0

describe("sizes", () => {
  it("evaluate after arithmetic as before it", () => {
    fc.assert(
      fc.property(dimension, dimension, sizes, (a, b, known) => {
        expect(at(addDimensions(a, b), known)).toBe(at(a, known) + at(b, known));
        expect(at(multiplyDimensions(a, b), known)).toBe(at(a, known) * at(b, known) + 0);
      }),
    );
  });

  it("have one text for equal expressions: sums and products commute, associate and distribute", () => {
    fc.assert(
      fc.property(dimension, dimension, dimension, (a, b, c) => {
        expect(addDimensions(a, b)).toBe(addDimensions(b, a));
        expect(multiplyDimensions(a, b)).toBe(multiplyDimensions(b, a));
        expect(addDimensions(addDimensions(a, b), c)).toBe(addDimensions(a, addDimensions(b, c)));
        expect(multiplyDimensions(multiplyDimensions(a, b), c)).toBe(
          multiplyDimensions(a, multiplyDimensions(b, c)),
        );
        expect(multiplyDimensions(a, addDimensions(b, c))).toBe(
          addDimensions(multiplyDimensions(a, b), multiplyDimensions(a, c)),
        );
      }),
    );
  });

  it("stay what they are plus 0 and times 1, and vanish minus themselves", () => {
    fc.assert(
      fc.property(dimension, (a) => {
        expect(addDimensions(a, 0)).toBe(a);
        expect(multiplyDimensions(a, 1)).toBe(a);
        expect(multiplyDimensions(a, 0)).toBe(0);
        expect(addDimensions(a, multiplyDimensions(a, -1))).toBe(0);
      }),
    );
  });

  it("are recognised as sizes in canonical text only", () => {
    fc.assert(
      fc.property(dimension, (a) => {
        if (typeof a === "string") expect(isDimension(a)).toBe(true);
      }),
    );
    for (const text of ["length+16", "length*batch", "1*batch", "batch+batch", "3", "", "a b", "-"]) {
      expect(isDimension(text)).toBe(false);
    }
  });

  it("read as people write them", () => {
    expect(addDimensions("length", 16)).toBe("16+length");
    expect(multiplyDimensions("length", "batch")).toBe("batch*length");
    expect(productOf([2, "batch", 3, "batch"])).toBe("6*batch*batch");
    expect(productOf([])).toBe(1);
    expect(evaluateDimension("16+length", new Map())).toBeUndefined();
    expect(sameShape(["batch", 2], ["batch", 2])).toBe(true);
    expect(sameShape(["batch", 2], ["batch"])).toBe(false);
  });
});
