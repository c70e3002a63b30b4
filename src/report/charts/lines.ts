// Line charts: a light line for each run and their mean in bold.
import type { Html } from "../html.ts";
import { measureOf } from "../numbers.ts";
import type { Cell, Curve, LineChart, Point, TableBlock } from "../report-data.ts";
import { domainOf, drawable, labelWidth, xAxis, yAxis } from "./axes.ts";
import { drawChart, type Layers } from "./draw.ts";
import { plottable } from "./plottable.ts";
import { horizontalReferences } from "./references.ts";
import { lookOf } from "./theme.ts";

const HEIGHT = { wide: 270, narrow: 210 };
const MOST_POINTS_WITH_MARKS = 24; // more become a band of marks

/** Returns the mean of the runs wherever all of them have a value. */
function meanOf({ runs }: Curve): readonly Point[] {
  const byX = valuesByX(runs.map(({ points }) => points));
  return [...byX]
    .filter(([, values]) => values.length === runs.length)
    .map(([x, values]): Point => [x, measureOf(values).mean])
    .sort(([a], [b]) => a - b);
}

function valuesByX(runs: readonly (readonly Point[])[]): Map<number, number[]> {
  const byX = new Map<number, number[]>();
  for (const [x, y] of runs.flat()) {
    const values = byX.get(x);
    if (values === undefined) byX.set(x, [y]);
    else values.push(y);
  }
  return byX;
}

/** Returns the chart as SVG at both sizes. */
export function drawLines(chart: LineChart, id: string): Promise<Html> {
  const points = chart.curves.flatMap(({ runs }) => runs.flatMap((run) => run.points));
  const references = chart.references ?? [];
  const xs = points.map(([x]) => x);
  const ys = [...points.map(([, y]) => y), ...references.map(({ value }) => value)];
  const [xOf, yOf] = [drawable(chart.x, xs), drawable(chart.y, ys)];
  const [xDomain, yDomain] = [domainOf(xOf, xs), domainOf(yOf, ys)];
  return drawChart(chart.title, chart.description, id, (size, plotWidth) => {
    const padding = { left: labelWidth(yDomain, size), right: 14, top: 30, bottom: 46 };
    const height = HEIGHT[size.name];
    const width = plotWidth(padding);
    const x = { ...xAxis(xOf, xDomain, width), field: "x" };
    const y = { ...yAxis(yOf, yDomain, height, padding, size), field: "y" };
    const layers = chart.curves.flatMap((curve, i) => curveLayers(curve, i, x, y));
    return {
      layers: [...layers, ...horizontalReferences(chart.references, y, { height, width }, size)],
      height,
      padding,
    };
  });
}

const shown = ([x, y]: Point): boolean => plottable(x) && plottable(y);

type Field = { readonly field: string; readonly type: "quantitative" };

function curveLayers(curve: Curve, index: number, x: Field, y: Field): Layers {
  const { colour, dash, shape } = lookOf(index);
  const several = curve.runs.length > 1;
  const thin = curve.runs.flatMap(({ points }, run) => points.filter(shown).map(([x, y]) => ({ x, y, run })));
  const bold = meanOf(curve)
    .filter(shown)
    .map(([x, y]) => ({ x, y }));
  const layers: Layers = [];
  if (several) {
    layers.push({
      data: { values: thin },
      mark: { type: "line", color: colour, strokeWidth: 1, opacity: 0.4 },
      encoding: { x, y, detail: { field: "run", type: "nominal" } },
    });
  }
  layers.push({
    data: { values: bold },
    mark: { type: "line", color: colour, strokeWidth: 2.2, strokeDash: [...dash], strokeJoin: "round" },
    encoding: { x, y },
  });
  if (bold.length <= MOST_POINTS_WITH_MARKS) {
    layers.push({
      data: { values: bold },
      mark: { type: "point", shape, filled: true, color: colour, size: 46, opacity: 1 },
      encoding: { x, y },
    });
  }
  return layers;
}

/** Returns every number of the chart: a row for each x, a column for each mean and each run. */
export function lineTable(chart: LineChart): TableBlock {
  const xs = [
    ...new Set(chart.curves.flatMap(({ runs }) => runs.flatMap(({ points }) => points.map(([x]) => x)))),
  ].sort((a, b) => a - b);
  const digits = chart.y.digits;
  const columns = chart.curves.flatMap((curve) => columnsOf(curve));
  const references = chart.references ?? [];
  return {
    kind: "table",
    title: `Numbers of “${chart.title}”`,
    columns: [
      { header: chart.x.label, digits: chart.x.integer === true ? 0 : (chart.x.digits ?? digitsFor(xs)) },
      ...columns.map(({ header }) => ({ header, digits })),
      ...references.map(({ name }) => ({ header: name, digits })),
    ],
    rows: xs.map((x) => [
      x,
      ...columns.map(({ at }) => at.get(x) ?? null),
      ...references.map(({ value }) => value),
    ]),
  };
}

function columnsOf(
  curve: Curve,
): readonly { readonly header: string; readonly at: ReadonlyMap<number, Cell> }[] {
  const runs = curve.runs.map(({ name, points }) => ({
    header: curve.runs.length === 1 ? curve.name : `${curve.name}, ${name}`,
    at: new Map<number, Cell>(points.map(([x, y]) => [x, y])),
  }));
  if (curve.runs.length === 1) return runs;
  const byX = [...valuesByX(curve.runs.map(({ points }) => points))];
  const all = byX.filter(([, values]) => values.length === curve.runs.length);
  const { mean, spread } = { mean: `${curve.name}, mean`, spread: all };
  return [
    { header: mean, at: new Map<number, Cell>(spread.map(([x, values]) => [x, measureOf(values)])) },
    ...runs,
  ];
}

/** Returns the fewest digits that distinguish the values, up to six. */
function digitsFor(values: readonly number[]): number {
  for (let digits = 0; digits < 6; digits++) {
    if (values.every((value) => Math.abs(value - Number(value.toFixed(digits))) < 1e-9)) return digits;
  }
  return 6;
}
