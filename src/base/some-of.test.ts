import { expect, it } from "vitest";
import { someOf } from "./some-of.ts";

it("lists what fits, and counts the rest", () => {
  expect([0, 1, 2, 3].map((count) => someOf(["a", "b", "c"].slice(0, count), 2))).toEqual([
    "",
    "a",
    "a, b",
    "a, b and 1 more",
  ]);
});
