// Reliability diagrams: confidence against the share of correct predictions, with the diagonal of perfect calibration.
import type { Html } from "../html.ts";
import { formatNumber } from "../numbers.ts";
import type { CalibrationPlot, TableBlock } from "../report-data.ts";
import { xAxis, yAxis } from "./axes.ts";
import { drawChart, type Layers } from "./draw.ts";
import { extentOf, plottable } from "./plottable.ts";
import { lookOf, REFERENCE_COLOUR } from "./theme.ts";

const HEIGHT = { wide: 320, narrow: 300 };
const UNIT: [number, number] = [0, 1];

/** Returns the chart as SVG at both sizes; marks grow with the number of predictions in their bin. */
export function drawCalibration(chart: CalibrationPlot, id: string): Promise<Html> {
  const counts = chart.series.flatMap(({ bins }) => bins.map(({ instances }) => instances));
  const [, most = 1] = extentOf([1, ...counts]) ?? [];
  return drawChart(chart.title, chart.description, id, (size, plotWidth) => {
    const padding = { left: 40, right: 14, top: 30, bottom: 46 };
    const height = HEIGHT[size.name];
    const x = { ...xAxis({ label: "confidence" }, UNIT, plotWidth(padding)), field: "confidence" };
    const y = { ...yAxis({ label: "share that is right" }, UNIT, height, padding, size), field: "accuracy" };
    const diagonal: Layers = [
      {
        data: { values: [0, 1].map((value) => ({ confidence: value, accuracy: value })) },
        mark: { type: "line", strokeDash: [5, 4], color: REFERENCE_COLOUR, strokeWidth: 1.2 },
        encoding: { x, y },
      },
    ];
    const layers = chart.series.flatMap(({ bins }, i): Layers => {
      const { colour, dash, shape } = lookOf(i);
      const values = bins
        .filter(
          ({ instances, confidence, accuracy }) =>
            instances > 0 && plottable(confidence) && plottable(accuracy),
        )
        .map(({ confidence, accuracy, instances }) => ({ confidence, accuracy, share: instances / most }));
      return [
        {
          data: { values },
          mark: { type: "line", color: colour, strokeWidth: 1.8, strokeDash: [...dash] },
          encoding: { x, y },
        },
        {
          data: { values },
          mark: { type: "point", filled: true, color: colour, shape, opacity: 1 },
          encoding: {
            x,
            y,
            size: {
              field: "share",
              type: "quantitative",
              scale: { domain: UNIT, range: [24, 220] },
              legend: null,
            },
          },
        },
      ];
    });
    return { layers: [...diagonal, ...layers], height, padding };
  });
}

/** Returns every number of the chart: a row for each non-empty bin. */
export function calibrationTable({ title, series }: CalibrationPlot): TableBlock {
  const errors = series.filter(({ error }) => error !== undefined);
  return {
    kind: "table",
    title: `Numbers of “${title}”`,
    columns: [
      { header: "series" },
      { header: "confidence from", digits: 2 },
      { header: "to", digits: 2 },
      { header: "predictions", digits: 0 },
      { header: "mean confidence" },
      { header: "share right" },
    ],
    rows: series.flatMap(({ name, bins }) =>
      bins
        .filter(({ instances }) => instances > 0)
        .map((bin) => [name, bin.low, bin.high, bin.instances, bin.confidence, bin.accuracy]),
    ),
    ...(errors.length === 0
      ? {}
      : {
          legend: `Expected calibration error: ${errors.map(({ name, error = 0 }) => `${name} ${formatNumber(error)}`).join(", ")}.`,
        }),
  };
}
