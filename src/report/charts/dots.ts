// Dot charts: one row per system with its mean, its error bar and the single runs as small marks.
import type { Html } from "../html.ts";
import type { Dot, DotChart, TableBlock } from "../report-data.ts";
import { domainOf, drawable, xAxis } from "./axes.ts";
import { drawChart, type Layers } from "./draw.ts";
import { plottable } from "./plottable.ts";
import { referenceRows, referenceSpace, verticalReferences } from "./references.ts";
import { fitText, textWidth } from "./text.ts";
import { type ChartSize, lookOf } from "./theme.ts";

const ROW_HEIGHT = { wide: 30, narrow: 40 }; // on a phone the name is above its row
const MOST_NAME_PIXELS = 250;
const NAME_GAP = 14;

/** Returns the ends of a row's error bar; undefined for a single run. */
function intervalOf({ mean, spread, interval }: Dot): readonly [number, number] | undefined {
  if (interval !== undefined) return interval;
  return spread === undefined ? undefined : [mean - spread, mean + spread];
}

/** Returns the chart as SVG at both sizes. */
export function drawDots(chart: DotChart, id: string): Promise<Html> {
  const values = chart.dots.flatMap((dot) => [dot.mean, ...(dot.values ?? []), ...(intervalOf(dot) ?? [])]);
  const all = [...values, ...(chart.references ?? []).map(({ value }) => value)];
  const axis = drawable(chart.x, all);
  const domain = domainOf(axis, all);
  return drawChart(chart.title, chart.description, id, (size, plotWidth) => {
    const height = ROW_HEIGHT[size.name] * chart.dots.length;
    const sides = { left: nameWidth(chart, size), right: 20, top: 0, bottom: 46 };
    const width = plotWidth(sides);
    const x = xAxis(axis, domain, width);
    const named = referenceRows(chart.references, x, width, size);
    const padding = { ...sides, top: 8 + referenceSpace(named) };
    const references = verticalReferences(chart.references, x, width, size);
    const layers = [...references, ...rows(chart.dots, size, x, sides.left)];
    return { layers, height, padding };
  });
}

function nameWidth(chart: DotChart, size: ChartSize): number {
  if (size.name === "narrow") return 14;
  const widest = Math.max(40, ...chart.dots.map(({ name }) => textWidth(name, size.font)));
  return Math.min(MOST_NAME_PIXELS, widest) + NAME_GAP;
}

function rows(dots: readonly Dot[], size: ChartSize, x: ReturnType<typeof xAxis>, left: number): Layers {
  const rowHeight = ROW_HEIGHT[size.name];
  const most = size.name === "narrow" ? size.width - 40 : left - NAME_GAP;
  const centre = (row: number) => (row + (size.name === "narrow" ? 0.68 : 0.5)) * rowHeight;
  const y = {
    field: "y",
    type: "quantitative" as const,
    scale: { domain: [0, rowHeight * dots.length], reverse: true, nice: false, zero: false },
    axis: null,
  };
  const at = <T extends object>(of: (dot: Dot) => readonly T[]) =>
    dots.flatMap((dot, row) =>
      of(dot).map((value) => ({ ...value, y: centre(row), emphasis: dot.emphasis === true })),
    );
  const [plain, strong] = [lookOf(0).colour, lookOf(1).colour];
  const color = {
    field: "emphasis",
    type: "nominal" as const,
    scale: { domain: [false, true], range: [plain, strong] },
    legend: null,
  };
  const shape = {
    field: "emphasis",
    type: "nominal" as const,
    scale: { domain: [false, true], range: ["circle", "diamond"] },
    legend: null,
  };
  const horizontal = { ...x, field: "x" };
  return [
    {
      data: { values: at(() => [{}]) },
      mark: { type: "rule", color: "var(--rule)", strokeWidth: 1 },
      encoding: { y },
    },
    {
      data: { values: at(({ name }) => [{ name: fitText(name, most, size.font) }]) },
      mark: {
        type: "text",
        align: size.name === "narrow" ? "left" : "right",
        baseline: "middle",
        dy: size.name === "narrow" ? -18 : 0,
        dx: size.name === "narrow" ? 0 : -NAME_GAP,
      },
      encoding: { y, x: { value: 0 }, text: { field: "name", type: "nominal" } },
    },
    {
      data: {
        values: at((dot) =>
          [intervalOf(dot)].flatMap((i) => (i?.every(plottable) === true ? [{ low: i[0], high: i[1] }] : [])),
        ),
      },
      mark: { type: "rule", strokeWidth: 2, strokeCap: "round" },
      encoding: { y, color, x: { ...horizontal, field: "low" }, x2: { field: "high" } },
    },
    {
      data: { values: at(({ values }) => (values ?? []).filter(plottable).map((value) => ({ x: value }))) },
      mark: { type: "tick", thickness: 1.2, size: 10, opacity: 0.65, orient: "vertical" },
      encoding: { y, color, x: horizontal },
    },
    {
      data: { values: at(({ mean }) => (plottable(mean) ? [{ x: mean }] : [])) },
      mark: { type: "point", filled: true, size: 90, opacity: 1 },
      encoding: { y, color, shape, x: horizontal },
    },
  ];
}

/** Returns every number of the chart. */
export function dotTable(chart: DotChart): TableBlock {
  const digits = chart.x.digits === undefined ? {} : { digits: chart.x.digits };
  const most = Math.max(0, ...chart.dots.map(({ values }) => values?.length ?? 0));
  const withInterval = chart.dots.some((dot) => dot.interval !== undefined);
  const references = chart.references ?? [];
  return {
    kind: "table",
    title: `Numbers of “${chart.title}”`,
    columns: [
      { header: "" },
      { header: chart.x.label, ...digits },
      ...(withInterval
        ? [
            { header: "from", ...digits },
            { header: "to", ...digits },
          ]
        : []),
      ...Array.from({ length: most }, (_, i) => ({ header: `run ${i + 1}`, ...digits })),
    ],
    rows: [
      ...chart.dots.map((dot) => [
        dot.name,
        {
          mean: dot.mean,
          ...(dot.spread === undefined ? {} : { spread: dot.spread }),
          ...(dot.mark === undefined ? {} : { mark: dot.mark }),
        },
        ...(withInterval ? (intervalOf(dot) ?? [null, null]) : []),
        ...Array.from({ length: most }, (_, i) => dot.values?.[i] ?? null),
      ]),
      ...references.map(({ name, value }) => [
        name,
        value,
        ...Array.from({ length: most + (withInterval ? 2 : 0) }, () => null),
      ]),
    ],
    ...(chart.errorBars === undefined ? {} : { legend: `Error bars: ${chart.errorBars}.` }),
  };
}
