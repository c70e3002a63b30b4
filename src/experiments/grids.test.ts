import { expect, it } from "vitest";
import { gridsOf } from "./grids.ts";
import type { ResultRow } from "./results.ts";

function rowOf(variant: string, set: string, settings: ResultRow["settings"], mean: number): ResultRow {
  const run = { seed: 1, score: mean, precision: mean, recall: mean };
  return {
    variant,
    description: "",
    set,
    runs: [run],
    missing: [],
    mean,
    reference: false,
    ...(settings && { settings }),
  };
}
const means = (rows: readonly ResultRow[]) =>
  gridsOf(rows).map(({ title, rows: values, columns, cells }) => ({
    title,
    values,
    columns,
    cells: cells.map((line) => line.map((row) => row?.mean)),
  }));

it("crossed fields are rows and columns in ascending order; a cell that is another's model shows its score", () => {
  const shared = rowOf("a", "test", { delta: 0.9, weight: 1 }, 4);
  const rows = [
    { ...shared, identical: [{ variant: "b", description: "", settings: { delta: 0.9, weight: 10 } }] },
    rowOf("c", "test", { delta: 0.1, weight: 10 }, 2),
    { ...rowOf("d", "test", { delta: 0.1, weight: 1 }, 7), condition: "unrelated pictures" },
  ];
  expect(means(rows)).toEqual([
    {
      title: "delta by weight on test",
      values: ["0.1", "0.9"],
      columns: ["1", "10"],
      cells: [
        [undefined, 2],
        [4, 4],
      ],
    },
  ]);
});

it("a third field makes a grid for each of its values", () => {
  const rows = ["none", "some"].map((third) => rowOf(third, "test", { delta: 1, weight: 1, third }, 1));
  expect(means(rows).map(({ title }) => title)).toEqual([
    "delta by weight on test, third none",
    "delta by weight on test, third some",
  ]);
});

it("a field on several sets is a table of values by set; on one set, and without settings, there is none", () => {
  const rows = [
    rowOf("one--delta-0", "one/test", { delta: 0 }, 1),
    rowOf("one--delta-1", "one/test", { delta: 1 }, 2),
    rowOf("two--delta-1", "two/test", { delta: 1 }, 3),
  ];
  expect(means(rows)).toEqual([
    {
      title: "delta by evaluation set",
      values: ["0", "1"],
      columns: ["one/test", "two/test"],
      cells: [
        [1, undefined],
        [2, 3],
      ],
    },
  ]);
  expect(gridsOf(rows.slice(0, 2))).toEqual([]);
  expect(gridsOf([rowOf("full", "one", undefined, 1), rowOf("full", "two", undefined, 1)])).toEqual([]);
});

it("paths that end alike are shown whole", () => {
  const rows = ["/a/base", "/b/base"].flatMap((encoder) =>
    ["one", "two"].map((set) => rowOf(encoder, set, { encoder }, 1)),
  );
  expect(means(rows)[0]?.values).toEqual(["/a/base", "/b/base"]);
});
