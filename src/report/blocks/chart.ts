// A chart on the page: title, description, legend, drawing, and its numbers folded below.
import { calibrationTable, drawCalibration } from "../charts/calibration.ts";
import { dotTable, drawDots } from "../charts/dots.ts";
import { drawHistogram, histogramTable } from "../charts/histogram.ts";
import { drawLines, lineTable } from "../charts/lines.ts";
import { drawPrecisionRecall, precisionRecallTable } from "../charts/precision-recall.ts";
import { lookOf } from "../charts/theme.ts";
import { type Html, html } from "../html.ts";
import { formatNumber } from "../numbers.ts";
import type {
  Block,
  CalibrationPlot,
  DotChart,
  Histogram,
  LineChart,
  PrecisionRecallPlot,
  TableBlock,
} from "../report-data.ts";
import { tableFrame } from "./table.ts";

export type Chart = LineChart | DotChart | Histogram | CalibrationPlot | PrecisionRecallPlot;

/** Tells whether a block is drawn. */
export function isChart(block: Block): block is Chart {
  return ["lines", "dots", "histogram", "calibration", "precision-recall"].includes(block.kind);
}

/** Returns the figure; `id` is unique on the page. */
export async function renderChart(chart: Chart, id: string): Promise<Html> {
  const { drawing, table, legend } = await partsOf(chart, id);
  return html`<figure class="block ${chart.kind}"><figcaption><h3>${chart.title}</h3><p>${chart.description}</p>${legend}</figcaption>${drawing}<details><summary>Numbers<span class="unseen"> of ${chart.title}</span></summary>${tableFrame(table)}${
    table.legend !== undefined && html`<p class="legend">${table.legend}</p>`
  }</details></figure>`;
}

/** Returns the table with every number of a chart. */
export function chartTable(chart: Chart): TableBlock {
  switch (chart.kind) {
    case "lines":
      return lineTable(chart);
    case "dots":
      return dotTable(chart);
    case "histogram":
      return histogramTable(chart);
    case "calibration":
      return calibrationTable(chart);
    case "precision-recall":
      return precisionRecallTable(chart);
    default:
      return chart satisfies never;
  }
}

interface Parts {
  readonly drawing: Html;
  readonly table: TableBlock;
  readonly legend: Html | undefined;
}

async function partsOf(chart: Chart, id: string): Promise<Parts> {
  const table = chartTable(chart);
  switch (chart.kind) {
    case "lines": {
      const several = chart.curves.some(({ runs }) => runs.length > 1);
      const names = chart.curves.map(({ name }) => name);
      const legend =
        names.length > 1 || several
          ? legendOf(names, "line", several && "thin: single runs, bold: their mean")
          : undefined;
      return { drawing: await drawLines(chart, id), table, legend };
    }
    case "dots": {
      const legend =
        chart.errorBars === undefined
          ? undefined
          : html`<p class="legend">Error bars: ${chart.errorBars}.</p>`;
      return { drawing: await drawDots(chart, id), table, legend };
    }
    case "histogram": {
      const names = chart.series.map(({ name }) => name);
      return { drawing: await drawHistogram(chart, id), table, legend: legendOf(names, "area") };
    }
    case "calibration": {
      const names = chart.series.map(({ name, error }) =>
        error === undefined ? name : `${name} (expected calibration error ${formatNumber(error)})`,
      );
      return {
        drawing: await drawCalibration(chart, id),
        table,
        legend: legendOf(names, "line", "dashed grey: perfect; marks grow with the number of predictions"),
      };
    }
    case "precision-recall": {
      const names = chart.series.map(({ name }) => name);
      const marks = chart.series.some(({ chosen }) => chosen) && "large marks: the thresholds in use";
      return { drawing: await drawPrecisionRecall(chart, id), table, legend: legendOf(names, "line", marks) };
    }
    default:
      return chart satisfies never;
  }
}

/** Lists series by name, each with a sample of its line or area; as HTML, so that it wraps and is read aloud. */
function legendOf(names: readonly string[], kind: "line" | "area", remark?: string | false): Html {
  return html`<ul class="series">${names.map((name, i) => html`<li>${sample(i, kind)} ${name}</li>`)}${
    typeof remark === "string" && html`<li class="legend">${remark}</li>`
  }</ul>`;
}

function sample(index: number, kind: "line" | "area"): Html {
  const { colour, dash } = lookOf(index);
  const mark =
    kind === "area" && index === 0
      ? html`<rect x="2" y="1" width="24" height="10" fill="${colour}" fill-opacity="0.55"/>`
      : kind === "area"
        ? html`<rect x="2" y="1" width="24" height="10" fill="none" stroke="${colour}" stroke-width="1.8" stroke-dasharray="${dash.join(" ")}"/>`
        : html`<line x1="0" x2="28" y1="6" y2="6" stroke="${colour}" stroke-width="2.4" stroke-dasharray="${dash.join(" ")}"/>`;
  return html`<svg viewBox="0 0 28 12" width="28" height="12" aria-hidden="true">${mark}</svg>`;
}
