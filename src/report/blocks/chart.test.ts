import { beforeAll, describe, expect, it } from "vitest";
import { formatNumber } from "../numbers.ts";
import { sampleReport } from "../testing/sample-report.ts";
import { type Chart, chartTable, isChart, renderChart } from "./chart.ts";
import { tableFrame } from "./table.ts";

let charts: readonly Chart[];
beforeAll(async () => {
  charts = (await sampleReport()).sections.flatMap(({ blocks }) => blocks.filter(isChart));
});

/** Every number of a chart, formatted as in its table. */
function numbersOf(chart: Chart): string[] {
  switch (chart.kind) {
    case "lines": {
      const points = chart.curves.flatMap(({ runs }) => runs.flatMap((run) => run.points));
      const values = [...points.map(([, y]) => y), ...(chart.references ?? []).map(({ value }) => value)];
      return [
        ...points.map(([x]) => formatNumber(x, 0)),
        ...values.map((y) => formatNumber(y, chart.y.digits)),
      ];
    }
    case "dots": {
      const values = chart.dots.flatMap(({ mean, spread, interval, values }) => [
        mean,
        ...(spread === undefined ? [] : [spread]),
        ...(interval ?? []),
        ...(values ?? []),
      ]);
      const references = (chart.references ?? []).map(({ value }) => value);
      return [...values, ...references].map((value) => formatNumber(value, chart.x.digits));
    }
    case "histogram":
      return [
        ...chart.edges.map((edge) => formatNumber(edge, chart.x.digits)),
        ...chart.series.flatMap(({ counts }) => counts.map((count) => formatNumber(count, 0))),
        ...(chart.references ?? []).map(({ value }) => formatNumber(value, chart.x.digits)),
      ];
    case "calibration":
      return chart.series.flatMap(({ bins, error }) => [
        ...bins
          .filter(({ instances }) => instances > 0)
          .flatMap(({ instances, confidence, accuracy }) => [
            formatNumber(instances, 0),
            formatNumber(confidence),
            formatNumber(accuracy),
          ]),
        ...(error === undefined ? [] : [formatNumber(error)]),
      ]);
    case "precision-recall":
      return chart.series.flatMap(({ points }) =>
        points.flatMap(({ threshold, precision, recall }) => [
          formatNumber(threshold, 4),
          formatNumber(precision),
          formatNumber(recall),
        ]),
      );
    default:
      return chart satisfies never;
  }
}

function axisNames(chart: Chart): string[] {
  if (chart.kind === "calibration") return ["confidence"];
  return chart.kind === "precision-recall" ? ["recall", "precision"] : [chart.x.label];
}

describe("a chart", () => {
  it("has all its numbers in the table beside it", () => {
    expect(charts).toHaveLength(5);
    for (const chart of charts) {
      const table = chartTable(chart);
      const text = `${tableFrame(table).text} ${table.legend ?? ""}`.replace(/<[^>]*>/g, " ");
      const written = new Set(text.split(/[\s\u00a0;,]+/).map((word) => word.replace(/\.$/, "")));
      const numbers = numbersOf(chart);
      expect(numbers.length).toBeGreaterThan(5);
      expect(numbers.filter((number) => !written.has(number))).toEqual([]);
    }
  });

  it("is drawn with the names of its axes and references, in colours of the style sheet alone", async () => {
    for (const chart of charts) {
      const { text } = await renderChart(chart, "chart-1");
      const colours = [...text.matchAll(/ (?:fill|stroke)="([^"]*)"/g)].map(([, colour]) => colour ?? "");
      expect(colours.filter((colour) => !/^(?:none|transparent|var\(--[a-z0-9-]+\))$/.test(colour))).toEqual(
        [],
      );
      const drawn = text.slice(text.indexOf("<svg"));
      for (const name of axisNames(chart)) expect(drawn).toContain(name);
      if ("references" in chart) for (const { name } of chart.references ?? []) expect(drawn).toContain(name);
    }
  });

  it("is drawn whatever its numbers are", async () => {
    const lines = charts[0];
    if (lines?.kind !== "lines") throw new Error("the sample begins with a line chart");
    const odd = [
      [],
      [[1, 5]],
      [
        [1, 0],
        [2, -3],
      ],
      [
        [1, Number.NaN],
        [2, 1],
      ],
      [
        [1, 1e-12],
        [1e9, 1e12],
      ],
    ] as const;
    for (const points of odd) {
      const curves = [{ name: "odd", runs: [{ name: "seed 1", points }] }];
      const { text } = await renderChart({ ...lines, curves, references: [] }, "chart-1");
      expect(text).toContain("<svg");
    }
  });
});
