// The results of an experiment in words and tables, for the terminal.
import { type Grid, gridsOf } from "../experiments/grids.ts";
import type { ExperimentResults } from "../experiments/results.ts";
import { sameNames } from "../experiments/row-names.ts";
import { describeGapRows } from "./gap-table.ts";
import { formatTable } from "./table.ts";

/** A table per evaluation set, the failures, and the method of the tests. */
export function describeResults(results: ExperimentResults): string {
  const { rows, metric, title, seeds, failed, significance, notes } = results;
  const sets = [...new Set(rows.map(({ set }) => set))];
  const tables = sets.flatMap((set) => {
    const own = rows.filter((row) => row.set === set && row.runs.length > 0);
    return own.length === 0
      ? []
      : [
          `${set}\n${formatTable(
            [
              "variant",
              metric,
              "sd",
              ...seeds.map((seed) => `seed ${seed}`),
              "difference",
              "95 % interval",
              "p",
              "p (Holm)",
            ],
            own.map((row) => [
              sameNames(row) +
                (row.reference ? " (reference)" : "") +
                (row.comparedWith === undefined ? "" : ` (against ${row.comparedWith})`),
              shown(row.mean),
              shown(row.standardDeviation),
              ...seeds.map((seed) => shown(row.runs.find((one) => one.seed === seed)?.score)),
              row.comparison === undefined ? "" : signed(row.comparison.difference),
              row.comparison === undefined ? "" : row.comparison.interval.map(signed).join(" to "),
              shown(row.comparison?.pValue),
              shown(row.comparison?.adjustedPValue),
            ]),
          )}`,
          ...describeGapRows(own),
        ];
  });
  return [
    title,
    ...gridsOf(rows).map(gridTable),
    ...tables,
    ...instabilityTable(results),
    ...failed.map(
      ({ stage, message, log }) => `failed: ${stage}: ${message}\n${log.replaceAll(/^/gm, "    ")}`,
    ),
    significance,
    ...notes,
  ].join("\n\n");
}

/** Nothing for experiments that do not sweep a value: their report has the table. */
function instabilityTable({ instability, axis }: ExperimentResults): string[] {
  const swept = instability.filter(({ value }) => value !== undefined);
  const broken = instability.some(({ diverged, notLearned }) => diverged.length + notLearned.length > 0);
  if ((axis === undefined || swept.length === 0) && !broken) return [];
  const header = [
    "variant",
    "noise of the loss",
    "95 %",
    "difference",
    "95 %",
    "gradient spikes",
    "diverged",
    "learned nothing",
  ];
  const lines = instability.map(({ variant, relativeLossNoise, difference, gradientSpikes, ...row }) => [
    variant,
    shown(relativeLossNoise?.mean),
    relativeLossNoise?.interval?.map(shown).join(" to ") ?? "",
    difference === undefined ? "" : signed(difference.mean),
    difference?.interval?.map(signed).join(" to ") ?? "",
    gradientSpikes === undefined ? "" : gradientSpikes.mean.toFixed(1),
    row.diverged.join(", "),
    row.notLearned.join(", "),
  ]);
  return [
    `instability of the trainings: noise of a step's loss around its trend, as a share of the mean loss; difference from the reference, seed by seed\n${formatTable(header, lines)}`,
  ];
}

/** The means of crossed fields, or of values by set. */
function gridTable({ title, field, across, rows, columns, cells }: Grid): string {
  const header = [field, ...columns.map((column) => (across === "set" ? column : `${across} ${column}`))];
  const lines = rows.map((value, i) => [
    value,
    ...(cells[i] ?? []).map((row) => shown(row?.mean) + (row?.reference === true ? " (reference)" : "")),
  ]);
  return `${title}\n${formatTable(header, lines)}`;
}

function shown(value: number | undefined): string {
  return value === undefined ? "" : value.toFixed(4);
}

function signed(value: number): string {
  return `${value < 0 ? "" : "+"}${value.toFixed(4)}`;
}
