// Report of an experiment's rows on one evaluation set: a chart of all, a curve of a sweep, tables of scores and differences.
import { counted } from "../base/counted.ts";
import { formatNumber } from "../report/numbers.ts";
import type {
  Cell,
  Curve,
  Dot,
  DotChart,
  LineChart,
  Measure,
  Reference,
  Section,
  TableBlock,
} from "../report/report-data.ts";
import { type Grid, gridsOf } from "./grids.ts";
import type { ExperimentResults, ResultRow } from "./results.ts";
import { sameNames } from "./row-names.ts";

/** Threshold of the adjusted p-value for a mark. */
const LEVEL = 0.05;

/** "micro_f1" in readable form. */
export function metricName(metric: string): string {
  return metric.replaceAll("_", " ").replace("f1", "F1");
}

/** The row with the highest mean. */
export function bestOf(rows: readonly ResultRow[]): ResultRow | undefined {
  return [...rows].sort((a, b) => (b.mean ?? 0) - (a.mean ?? 0))[0];
}

/** Returns everything about one set. */
export function setSection(set: string, all: readonly ResultRow[], results: ExperimentResults): Section {
  const rows = all.filter((row) => row.set === set);
  return {
    title: `Scores on ${set}`,
    shortTitle: set,
    blocks: [
      dotChart(set, rows, results),
      ...sweepChart(set, rows, results),
      ...scoreTables(set, rows, results),
      ...gapTable(set, rows),
    ],
  };
}

/** The gap between pictures and texts, if the evaluations measured it. */
function gapTable(set: string, rows: readonly ResultRow[]): TableBlock[] {
  const lines = rows.flatMap(({ modalityGap, ...row }): Cell[][] => {
    const readings = [
      ["the model's", modalityGap?.trained],
      ["best linear", modalityGap?.fitted],
    ] as const;
    return readings.flatMap(([name, gap]): Cell[][] =>
      gap === undefined
        ? []
        : [
            [
              sameNames(row),
              name,
              gap.divergenceAdvantage.mean,
              (gap.divergenceAdvantage.interval ?? []).map((bound) => formatNumber(bound, 4)).join(" to "),
              gap.matchedDivergence.mean,
              gap.cosineAdvantage.mean,
              gap.centroids.mean,
              gap.relativeRank.mean,
            ],
          ],
    );
  });
  if (lines.length === 0) return [];
  return [
    {
      kind: "table",
      title: `Modality gap on ${set}`,
      columns: [
        "variant",
        "pictures",
        "KL advantage",
        "95 % interval",
        "matched KL",
        "cosine advantage",
        "means apart",
        "relative rank",
      ].map((header) => ({ header })),
      rows: lines,
      legend:
        "Pictures against their own texts, encoded without pictures, and against those of other documents. Advantage: how much better own pairs are than shuffled ones, 0 if there is no relation. Relative rank of a text's own picture: 0.5 by chance. Intervals over other seeds (Student's t). Best linear: a linear map of the pictures, fitted out of fold.",
    },
  ];
}

/** Tables of crossed fields, or of values by set: the means at one look. */
export function gridSection({ rows, metric }: ExperimentResults): Section[] {
  const blocks = gridsOf(rows).map((grid) => gridTable(grid, metric));
  if (blocks.length === 0) return [];
  const intro = "Means over the seeds; the darker, the higher. The tables below have the tests.";
  return [{ title: "Scores at one look", intro, blocks }];
}

function gridTable({ title, field, across, rows, columns, cells }: Grid, metric: string): TableBlock {
  const columnName = (column: string) => (across === "set" ? column : `${across} ${column}`);
  return {
    kind: "table",
    title: `${metricName(metric)}: ${title}`,
    columns: [{ header: field }, ...columns.map((column) => ({ header: columnName(column), digits: 4 }))],
    rows: rows.map((value, i): Cell[] => [
      value,
      ...(cells[i] ?? []).map((row) => (row === undefined ? null : measureOf(row, row.reference))),
    ]),
    shaded: true,
    legend: `Bold: the reference. ±: one standard deviation over the seeds. *: differs from the reference, p (Holm) below ${LEVEL}.`,
  };
}

function measureOf(row: ResultRow, best: boolean): Measure {
  return {
    mean: row.mean ?? Number.NaN,
    ...(row.standardDeviation === undefined ? {} : { spread: row.standardDeviation }),
    values: row.runs.map(({ score }) => score),
    ...(best ? { best: true } : {}),
    ...((row.comparison?.adjustedPValue ?? 1) < LEVEL ? { mark: "*" } : {}),
  };
}

function scoreTables(set: string, rows: readonly ResultRow[], results: ExperimentResults): TableBlock[] {
  const { metric, significance } = results;
  const best = bestOf(rows);
  const grouped = rows.some(({ group }) => group !== undefined);
  const name = (row: ResultRow) => sameNames(row) + (row.reference ? " (reference)" : "");
  const reference = rows.filter((row) => row.reference).map(sameNames)[0] ?? null;
  const compared = rows.filter(({ comparison }) => comparison !== undefined);
  const scores: TableBlock = {
    kind: "table",
    title: `${metricName(metric)} on ${set}`,
    columns: [
      { header: "variant" },
      ...(grouped ? [{ header: "group" }] : []),
      { header: metricName(metric), digits: 4 },
      { header: "precision" },
      { header: "recall" },
      { header: "seeds", digits: 0 },
    ],
    rows: rows.map((row): Cell[] => [
      name(row),
      ...(grouped ? [row.group ?? null] : []),
      measureOf(row, row === best),
      meanOf(row.runs.map(({ precision }) => precision)),
      meanOf(row.runs.map(({ recall }) => recall)),
      row.runs.length,
    ]),
    legend: `±: one standard deviation over the seeds. Precision and recall are micro averages. *: differs from the row that it is compared with, p (Holm) below ${LEVEL}. =: the same models under several names.`,
  };
  if (compared.length === 0) return [scores];
  const differences: TableBlock = {
    kind: "table",
    title: `Differences on ${set}`,
    columns: [
      { header: "variant" },
      { header: "compared with" },
      { header: "difference", digits: 4 },
      { header: "95 % interval" },
      { header: "p", digits: 4 },
      { header: "p (Holm)", digits: 4 },
    ],
    rows: compared.map((row): Cell[] => [
      sameNames(row),
      row.comparedWith ?? reference,
      row.comparison?.difference ?? null,
      (row.comparison?.interval ?? []).map((bound) => formatNumber(bound, 4)).join(" to "),
      row.comparison?.pValue ?? null,
      row.comparison?.adjustedPValue ?? null,
    ]),
    legend: significance,
  };
  return [scores, differences];
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function dotChart(
  set: string,
  rows: readonly ResultRow[],
  { metric, ceilings }: ExperimentResults,
): DotChart {
  const seeds = Math.max(...rows.map(({ runs }) => runs.length));
  return {
    kind: "dots",
    title: `${metricName(metric)} of every variant on ${set}`,
    description: "Means over the seeds; small ticks are single seeds, the orange diamond is the reference.",
    x: { label: metricName(metric) },
    dots: rows.map(
      (row): Dot => ({
        name: sameNames(row),
        ...measureOf(row, false),
        ...(row.reference ? { emphasis: true } : {}),
      }),
    ),
    ...referencesOf(ceilings),
    ...(seeds > 1 ? { errorBars: `one standard deviation over ${counted(seeds, "seed")}` } : {}),
  };
}

/** A chart of the rows that have sweep values, with a curve for each evaluation. */
function sweepChart(
  set: string,
  rows: readonly ResultRow[],
  { metric, axis, ceilings }: ExperimentResults,
): LineChart[] {
  const swept = rows.flatMap(sweepPoints);
  const groups = [...new Set(swept.map(({ group }) => group))];
  return groups.flatMap((group): LineChart[] => {
    const own = swept.filter((row) => row.group === group);
    const curves = curvesOf(own);
    if (new Set(own.map(({ value }) => value)).size < 2) return [];
    const label = axis ?? group ?? "value";
    return [
      {
        kind: "lines",
        title: `${metricName(metric)} over ${label} on ${set}`,
        description: "A light line for each seed, and their mean in bold.",
        x: { label },
        y: { label: metricName(metric) },
        curves,
        ...referencesOf(ceilings),
      },
    ];
  });
}

type SweepPoint = ResultRow & { readonly value: number };

/** A row's places in the sweeps: of values that gave the same models, each sweep shows the lowest. */
function sweepPoints(row: ResultRow): SweepPoint[] {
  const all = [row, ...(row.identical ?? []).map((other) => ({ ...row, ...other }))]
    .filter((one): one is SweepPoint => one.value !== undefined)
    .sort((a, b) => a.value - b.value);
  return all.filter(({ group }, i) => all.findIndex((one) => one.group === group) === i);
}

/** Usual evaluations make one curve; those whose condition contains the value, such as "8 views", another. */
function curvesOf(rows: readonly SweepPoint[]): Curve[] {
  const kind = ({ condition, value }: (typeof rows)[number]) =>
    condition === undefined
      ? "usual evaluation"
      : condition.replace(String(value), "as many").replace("view ", "views ");
  return [...new Set(rows.map(kind))].map((name) => {
    const own = rows.filter((row) => kind(row) === name).sort((a, b) => a.value - b.value);
    const seeds = [...new Set(own.flatMap(({ runs }) => runs.map(({ seed }) => seed)))];
    return {
      name,
      runs: seeds.map((seed) => ({
        name: `seed ${seed}`,
        points: own.flatMap(({ value, runs }) =>
          runs
            .filter((run) => run.seed === seed)
            .map(({ score }): readonly [number, number] => [value, score]),
        ),
      })),
    };
  });
}

function referencesOf(ceilings: Readonly<Record<string, number>>): {
  readonly references?: readonly Reference[];
} {
  const references = Object.entries(ceilings).map(([name, value]) => ({ name, value }));
  return references.length === 0 ? {} : { references };
}
