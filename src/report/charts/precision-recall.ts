// Precision-recall curves: what precision costs in recall as the threshold rises, with the chosen threshold of each series.
import type { Html } from "../html.ts";
import type { PrecisionRecallPlot, TableBlock } from "../report-data.ts";
import { xAxis, yAxis } from "./axes.ts";
import { drawChart, type Layers } from "./draw.ts";
import { plottable } from "./plottable.ts";
import { horizontalReferences } from "./references.ts";
import { lookOf } from "./theme.ts";

const HEIGHT = { wide: 320, narrow: 300 };
const UNIT: [number, number] = [0, 1];

/** Returns the chart as SVG at both sizes; a large mark shows the chosen threshold. */
export function drawPrecisionRecall(chart: PrecisionRecallPlot, id: string): Promise<Html> {
  return drawChart(chart.title, chart.description, id, (size, plotWidth) => {
    const padding = { left: 40, right: 14, top: 30, bottom: 46 };
    const height = HEIGHT[size.name];
    const width = plotWidth(padding);
    const x = { ...xAxis({ label: "recall" }, UNIT, width), field: "recall" };
    const y = { ...yAxis({ label: "precision" }, UNIT, height, padding, size), field: "precision" };
    const layers = chart.series.flatMap(({ points, chosen }, i): Layers => {
      const { colour, dash, shape } = lookOf(i);
      const values = points
        .filter(({ precision, recall }) => plottable(precision) && plottable(recall))
        .map(({ precision, recall }, place) => ({ precision, recall, place }));
      return [
        {
          data: { values },
          mark: { type: "line", color: colour, strokeWidth: 1.8, strokeDash: [...dash] },
          // Several precisions can have one recall, so the points are joined in the order of their thresholds.
          encoding: { x, y, order: { field: "place", type: "quantitative" } },
        },
        {
          data: { values: chosen ? [{ precision: chosen.precision, recall: chosen.recall }] : [] },
          mark: { type: "point", filled: true, color: colour, shape, size: 150, opacity: 1 },
          encoding: { x, y },
        },
      ];
    });
    const aim = horizontalReferences(chart.references, y, { height, width }, size);
    return { layers: [...layers, ...aim], height, padding };
  });
}

/** Returns every number of the chart: a row for each point. */
export function precisionRecallTable({ title, series, references = [] }: PrecisionRecallPlot): TableBlock {
  return {
    kind: "table",
    title: `Numbers of “${title}”`,
    columns: [
      { header: "series" },
      { header: "threshold", digits: 4 },
      { header: "precision" },
      { header: "recall" },
      ...references.map(({ name }) => ({ header: name })),
      { header: "chosen" },
    ],
    rows: series.flatMap(({ name, points, chosen }) =>
      points.map((point) => [
        name,
        point.threshold,
        point.precision,
        point.recall,
        ...references.map(({ value }) => value),
        point.threshold === chosen?.threshold ? "yes" : null,
      ]),
    ),
  };
}
