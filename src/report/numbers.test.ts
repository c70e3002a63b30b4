import { expect, it } from "vitest";
import { formatNumber, measureOf } from "./numbers.ts";

it("writes numbers with fixed digits, a true minus sign and groups from five figures on", () => {
  expect(formatNumber(0.81249)).toBe("0.812");
  expect(formatNumber(-0.5, 1)).toBe("\u22120.5");
  expect(formatNumber(1234, 0)).toBe("1234");
  expect(formatNumber(1234567.891, 1)).toBe("1\u202f234\u202f567.9");
});

it("writes no minus sign before a zero, and a dash for what is not a number", () => {
  expect(formatNumber(-0.0001)).toBe("0.000");
  expect(formatNumber(Number.NaN)).toBe("–");
  expect(formatNumber(Number.POSITIVE_INFINITY)).toBe("–");
});

it("writes the largest and the smallest numbers with few figures", () => {
  expect(formatNumber(Number.MAX_VALUE)).toBe("1.798e308");
  expect(formatNumber(-1e15, 0)).toBe("\u22121.000e15");
  expect(formatNumber(5e-324)).toBe("0.000");
  expect(formatNumber(-0)).toBe("0.000");
});

it("takes the sample standard deviation over runs", () => {
  // mean 2, squares 1 + 0 + 1, divided by 2
  expect(measureOf([1, 2, 3])).toEqual({ mean: 2, spread: 1, values: [1, 2, 3] });
  expect(measureOf([5])).toEqual({ mean: 5, values: [5] });
});
