// Turns columns of numbers and values into few bins, whose counts of labels are a one-feature decision table.
import { quantile } from "../../base/statistics.ts";
import type { Column } from "./feature-store.ts";

/** Bins of a number with many values. */
const BINS = 32;

/** Values that get a bin each; rarer ones share one. */
const MAX_VALUES = 255;

/** A column in bins: for each document its bin, and what each bin stands for. */
export interface Bins {
  readonly of: Uint16Array;
  readonly names: readonly string[];
}

/** Bins of a column of numbers or values. They are made without a look at labels. */
export function binsOf(column: Column): Bins {
  return column.kind === "value" ? valueBins(column) : numberBins(column.numbers);
}

function numberBins(numbers: Float64Array): Bins {
  const sorted = numbers.filter((value) => !Number.isNaN(value)).sort();
  const distinct = [...new Set(sorted)].slice(0, BINS + 1);
  const edges =
    distinct.length <= BINS
      ? distinct
      : [...new Set(Array.from({ length: BINS }, (_, i) => quantile(sorted, i / BINS)))];
  const of = Uint16Array.from(numbers, (value) => {
    if (Number.isNaN(value)) return edges.length;
    let [low, high] = [0, edges.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (edges[middle]! <= value) low = middle;
      else high = middle - 1;
    }
    return low;
  });
  const exact = distinct.length <= BINS;
  return { of, names: [...edges.map((edge) => `${exact ? "" : ">= "}${edge}`), "absent"] };
}

function valueBins({ numbers, names }: Column): Bins {
  const counts = new Map<number, number>();
  for (const value of numbers) counts.set(value, (counts.get(value) ?? 0) + 1);
  const frequent = [...counts]
    .filter(([, count]) => count > 1)
    .sort((a, b) => b[1] - a[1])
    .slice(0, MAX_VALUES)
    .map(([value]) => value);
  const bin = new Map(frequent.map((value, i) => [value, i]));
  return {
    of: Uint16Array.from(numbers, (value) => bin.get(value) ?? frequent.length),
    names: [...frequent.map((value) => (value < 0 ? "absent" : (names[value] ?? ""))), "any other"],
  };
}
