// Histograms over shared bins: the first series filled, the others outlined on top, so that they differ in more than colour.
import { counted } from "../../base/counted.ts";
import { binOf } from "../../base/statistics.ts";
import type { Html } from "../html.ts";
import { formatNumber } from "../numbers.ts";
import type { Histogram, TableBlock } from "../report-data.ts";
import { type AxisField, domainOf, labelWidth, xAxis, yAxis } from "./axes.ts";
import { drawChart, type Layers } from "./draw.ts";
import { extentOf, isPoint } from "./plottable.ts";
import { referenceRows, referenceSpace, verticalReferences } from "./references.ts";
import { lookOf } from "./theme.ts";

const HEIGHT = { wide: 220, narrow: 190 };

/**
 * Counts values in bins of equal width over `range`, by default from the smallest to the largest value of all series. Values outside the
 * range, including infinities, count in the outermost bins; NaN is not counted, and `omitted` says how many there were.
 */
export function histogramOf(
  series: readonly { readonly name: string; readonly values: readonly number[] }[],
  options: { readonly bins?: number; readonly range?: readonly [number, number] } = {},
): Pick<Histogram, "edges" | "series" | "omitted"> {
  const { bins = 20, range = extentOf(series.flatMap(({ values }) => values)) ?? [0, 1] } = options;
  const [low, high] = widened(range);
  const width = (high - low) / bins;
  const edges = Array.from({ length: bins + 1 }, (_, i) => (i === bins ? high : low + i * width));
  let omitted = 0;
  const counted = series.map(({ name, values }) => {
    const counts = new Array<number>(bins).fill(0);
    for (const value of values) {
      if (Number.isNaN(value)) omitted++;
      else counts[binOf(edges, value)]!++; // a bin for each count
    }
    return { name, counts };
  });
  return { edges, series: counted, ...(omitted === 0 ? {} : { omitted }) };
}

/** Returns the range, or a wider one from the same start if both ends are equal. */
function widened(range: readonly [number, number]): readonly [number, number] {
  if (!isPoint(range)) return range;
  const [low] = range;
  return [low, low + Math.max(1, Math.abs(low) * 0.1)];
}

/** Returns the chart as SVG at both sizes. */
export function drawHistogram(chart: Histogram, id: string): Promise<Html> {
  const { edges, series } = chart;
  const [, most = 1] = extentOf([1, ...series.flatMap(({ counts }) => counts)]) ?? [];
  const xDomain: [number, number] =
    chart.x.range === undefined ? [edges[0] ?? 0, edges.at(-1) ?? 1] : domainOf(chart.x, []);
  const yDomain: [number, number] = [0, most * 1.08];
  return drawChart(chart.title, chart.description, id, (size, plotWidth) => {
    const sides = { left: labelWidth(yDomain, size) + 10, right: 14, top: 32, bottom: 46 };
    const height = HEIGHT[size.name];
    const width = plotWidth(sides);
    const x = xAxis(chart.x, xDomain, width);
    const named = referenceRows(chart.references, x, width, size);
    const y = yAxis({ label: "count", integer: true }, yDomain, height, sides, size);
    const layers = series.flatMap(({ counts }, i) => [
      i === 0 ? filled(edges, counts, { x, y }, i) : outlined(edges, counts, { x, y }, i),
    ]);
    const references = verticalReferences(chart.references, x, width, size);
    const padding = { ...sides, top: Math.max(sides.top, 10 + referenceSpace(named) + (named > 0 ? 16 : 0)) };
    return { layers: [...layers, ...references], height, padding };
  });
}

interface Fields {
  readonly x: AxisField;
  readonly y: AxisField;
}

function filled(
  edges: readonly number[],
  counts: readonly number[],
  { x, y }: Fields,
  index: number,
): Layers[number] {
  return {
    data: { values: counts.map((count, bin) => ({ low: edges[bin], high: edges[bin + 1], count, zero: 0 })) },
    mark: {
      type: "rect",
      fill: lookOf(index).colour,
      fillOpacity: 0.5,
      stroke: "var(--page)",
      strokeWidth: 0.5,
    },
    encoding: {
      x: { ...x, field: "low" },
      x2: { field: "high" },
      y: { ...y, field: "count" },
      y2: { field: "zero" },
    },
  };
}

/** One line around all bins of a series, down to zero at both ends. */
function outlined(
  edges: readonly number[],
  counts: readonly number[],
  { x, y }: Fields,
  index: number,
): Layers[number] {
  const steps = counts.flatMap((count, bin) => [
    { at: edges[bin], count },
    { at: edges[bin + 1], count },
  ]);
  const path = [{ at: edges[0], count: 0 }, ...steps, { at: edges.at(-1), count: 0 }];
  const { colour, dash } = lookOf(index);
  return {
    data: { values: path.map((point, order) => ({ ...point, order })) },
    mark: { type: "line", color: colour, strokeWidth: 2, strokeDash: [...dash], strokeJoin: "round" },
    encoding: {
      x: { ...x, field: "at" },
      y: { ...y, field: "count" },
      order: { field: "order", type: "quantitative" },
    },
  };
}

/** Returns every number of the chart: a row for each bin. */
export function histogramTable({
  title,
  x,
  edges,
  series,
  references = [],
  omitted = 0,
}: Histogram): TableBlock {
  const digits = x.digits === undefined ? {} : { digits: x.digits };
  const legend = [
    ...references.map(({ name, value }) => `${name}: ${formatNumber(value, x.digits)}`),
    ...(omitted === 0
      ? []
      : [
          `${counted(omitted, "value that is not a number is", "values that are not numbers are")} not in any bin`,
        ]),
  ];
  return {
    kind: "table",
    title: `Numbers of “${title}”`,
    columns: [
      { header: `${x.label} from`, ...digits },
      { header: "to", ...digits },
      ...series.map(({ name }) => ({ header: name, digits: 0 })),
    ],
    rows: edges
      .slice(0, -1)
      .map((low, bin) => [low, edges[bin + 1] ?? null, ...series.map(({ counts }) => counts[bin] ?? null)]),
    ...(legend.length === 0 ? {} : { legend: legend.join("; ") }),
  };
}
