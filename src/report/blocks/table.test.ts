import { expect, it } from "vitest";
import type { Cell } from "../report-data.ts";
import { SHADES } from "./confusion.ts";
import { renderTable } from "./table.ts";

const shadesOf = (rows: readonly (readonly Cell[])[], shaded: boolean) => {
  const columns = [{ header: "delta" }, { header: "weight 0" }, { header: "weight 1" }];
  const { text } = renderTable({ kind: "table", title: "a grid", columns, rows, shaded });
  return [...text.matchAll(/shade-(\d+)/g)].map(([, shade]) => Number(shade));
};

it("shades the numbers of a table from the smallest to the largest, not the names of the rows", () => {
  const rows: readonly (readonly Cell[])[] = [
    [0.9, { mean: 10 }, null],
    [0.1, { mean: 20, spread: 1 }, 15],
  ];
  expect(shadesOf(rows, true)).toEqual([1, SHADES, 1 + Math.round((SHADES - 1) / 2)]);
  expect(shadesOf(rows, false)).toEqual([]);
  // Equal scores differ in no shade.
  expect(shadesOf([["a", 5, 5]], true)).toEqual([]);
});
