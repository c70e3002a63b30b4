import { expect, it } from "vitest";
import { hostTensor } from "../../graph/host-tensor.ts";
import { compareTensors } from "./compare.ts";

const TOLERANCE = { absolute: 2e-5, relative: 2e-4 };
const of = (...values: number[]) => ({ x: hostTensor("float32", [values.length], values) });
const share = (actual: number[], expected: number[]) =>
  compareTensors(of(...actual), of(...expected), TOLERANCE)[0]!.ofTolerance;

it("an element may differ by the tolerance, absolute and relative to itself", () => {
  expect(share([1.0001, 0], [1, 0])).toBeLessThan(1);
  expect(share([1.0003, 0], [1, 0])).toBeGreaterThan(1);
  expect(share([1, 1e-4], [1, 0])).toBeGreaterThan(1);
  expect(share([99, 1e-3], [99, 0])).toBeGreaterThan(1);
});

it("in a case with elements in the hundreds it may also differ by a ten-thousandth of its tensor's largest, and by no more", () => {
  expect(share([500, 0.04], [500, 0])).toBeLessThan(1);
  expect(share([500, 0.06], [500, 0])).toBeGreaterThan(1);
  const beside = (difference: number) =>
    compareTensors({ ...of(10, difference), y: of(500).x }, { ...of(10, 0), y: of(500).x }, TOLERANCE)[0]!
      .ofTolerance;
  expect(beside(9e-4)).toBeLessThan(1);
  expect(beside(2e-3)).toBeGreaterThan(1);
});

it("a number that is none is never right", () => {
  expect(share([500, Number.NaN], [500, 0])).toBe(Number.POSITIVE_INFINITY);
});
