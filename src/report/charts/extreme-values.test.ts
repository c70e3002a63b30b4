// All charts with extreme numbers: they are drawn, and no coordinate is NaN or infinite.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { renderChart } from "../blocks/chart.ts";
import { domainOf, drawable, labelWidth } from "./axes.ts";
import { histogramOf } from "./histogram.ts";
import { SIZES } from "./theme.ts";

const EXTREMES = [
  0,
  -0,
  5e-324,
  -5e-324,
  1e-310,
  1,
  1 + Number.EPSILON,
  1e20,
  1e300,
  1e308,
  -1e308,
  Number.MAX_VALUE,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
];
const number = fc.oneof(fc.double(), fc.constantFrom(...EXTREMES));
const numbers = fc.array(number, { maxLength: 6 });
const scale = fc.constantFrom("linear", "log");
const NOT_A_COORDINATE = /="[^"]*(?:NaN|Infinity|undefined)[^"]*"/;

/** The first attribute of a chart's marks that is not a number. */
async function fault(chart: Parameters<typeof renderChart>[0]): Promise<string | undefined> {
  const html = String(await renderChart(chart, "c"));
  const [drawing = ""] = /<svg class="wide"[\s\S]*/.exec(html.slice(0, html.indexOf("<details>"))) ?? [];
  return NOT_A_COORDINATE.exec(drawing)?.[0];
}

const ABOUT = { title: "t", description: "d" };
const runs = { numRuns: 8 }; // each draws at two sizes

describe("a chart of extreme numbers", () => {
  it("draws lines", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.tuple(number, number), { maxLength: 5 }), { minLength: 1, maxLength: 2 }),
        scale,
        scale,
        number,
        async (lines, xScale, yScale, reference) => {
          const curves = [{ name: "a", runs: lines.map((points, i) => ({ name: `seed ${i}`, points })) }];
          const axes = { x: { label: "x", scale: xScale, integer: true }, y: { label: "y", scale: yScale } };
          const references = [{ name: "ceiling", value: reference }];
          expect(await fault({ kind: "lines", ...ABOUT, ...axes, curves, references })).toBeUndefined();
        },
      ),
      runs,
    );
  });

  it("draws dots", async () => {
    await fc.assert(
      fc.asyncProperty(number, number, numbers, scale, async (mean, spread, values, scale) => {
        const dots = [
          { name: "a", mean, spread, values },
          { name: "b", mean: spread },
        ];
        const references = [{ name: "ceiling", value: mean }];
        const chart = { kind: "dots", ...ABOUT, x: { label: "x", scale }, dots, references } as const;
        expect(await fault(chart)).toBeUndefined();
      }),
      runs,
    );
  });

  it("draws histograms", async () => {
    await fc.assert(
      fc.asyncProperty(numbers, numbers, fc.integer({ min: 1, max: 9 }), async (a, b, bins) => {
        const counted = histogramOf(
          [
            { name: "a", values: a },
            { name: "b", values: b },
          ],
          { bins },
        );
        const references = [{ name: "mean", value: a[0] ?? 0 }];
        expect(
          await fault({ kind: "histogram", ...ABOUT, x: { label: "x" }, ...counted, references }),
        ).toBeUndefined();
      }),
      runs,
    );
  });

  it("draws reliability", async () => {
    const bins = EXTREMES.map((value) => ({
      low: 0,
      high: 1,
      instances: 3,
      confidence: value,
      accuracy: 0.5,
    }));
    const series = [{ name: "a", bins, error: Number.NaN }];
    expect(await fault({ kind: "calibration", ...ABOUT, series })).toBeUndefined();
  });

  it("draws precision-recall curves with one point, with equal recalls, and with numbers that cannot be drawn", async () => {
    const point = (precision: number, recall: number) => ({ threshold: 0.5, precision, recall });
    for (const points of [
      [],
      [point(1, 0)],
      [point(1, 0.5), point(0.2, 0.5)],
      [point(Number.NaN, 0.5), point(0.5, Number.POSITIVE_INFINITY)],
    ]) {
      const series = [{ name: "a", points, chosen: points[0] }];
      expect(await fault({ kind: "precision-recall", ...ABOUT, series })).toBeUndefined();
    }
  });
});

describe("an axis", () => {
  it("has finite ends, the lower one first, and a finite place for its labels", () => {
    fc.assert(
      fc.property(numbers, scale, (values, scale) => {
        const axis = drawable({ label: "x", scale }, values);
        const [low, high] = domainOf(axis, values);
        expect(low).toBeLessThan(high);
        expect(Number.isFinite(high - low)).toBe(true);
        if (axis.scale === "log") expect(low).toBeGreaterThan(0);
        const [size] = SIZES;
        expect(labelWidth([low, high], size!)).toBeLessThan(200);
      }),
      { numRuns: 1000 },
    );
  });

  it("leaves the room that the labels of a narrow range need", () => {
    const [size] = SIZES;
    expect(labelWidth([0.5, 0.5001], size!)).toBeGreaterThan(labelWidth([0.1, 0.6], size!));
  });
});
