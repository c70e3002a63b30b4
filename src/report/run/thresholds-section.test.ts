import { expect, it } from "vitest";
import { fitThresholds } from "../../evaluation/thresholds.ts";
import { thresholdsSection } from "./thresholds-section.ts";

const answered = {
  labels: ["PER", "ORG", "LOC"],
  predictions: Array.from({ length: 300 }, (_, i) => ({
    label: i % 5 === 0 ? "ORG" : "PER",
    probability: (i + 0.5) / 300,
    right: i > 150,
    cluster: i,
  })),
  missed: [{ label: "LOC", cluster: 0 }],
};

it("draws a curve for all labels and for each that was predicted, with its threshold on it", () => {
  const thresholds = fitThresholds(answered, answered.labels, { precision: 0.9 });
  const [section] = thresholdsSection(answered, thresholds);
  const [chart, table] = section!.blocks;
  if (chart?.kind !== "precision-recall" || table?.kind !== "table")
    throw new Error("other blocks than expected");
  expect(chart.series.map(({ name }) => name)).toEqual(["all labels", "PER", "ORG"]);
  expect(chart.references).toEqual([{ name: "a precision of 0.9", value: 0.9 }]);
  for (const { points, chosen } of chart.series) {
    expect(points.length).toBeLessThanOrEqual(51);
    expect(points).toContain(chosen);
    expect(points.at(-1)).toMatchObject({ threshold: 0 });
  }
  const [all, per] = chart.series;
  expect(all!.chosen!.threshold).toBeCloseTo(thresholds.all.threshold!, 12);
  expect(per!.chosen!.threshold).toBeCloseTo(thresholds.labels[0]!.threshold!, 12);
  expect(all!.points.at(-1)!.recall).toBeCloseTo(149 / 150, 12);
  // ORG has 60 predictions and LOC none.
  expect(table.rows.map(([label]) => label)).toEqual([
    "all, each with its own",
    "all, with one threshold",
    "PER",
    "ORG",
  ]);
  expect(table.legend).toContain("1 label without a validation prediction");
});

it("shows the curves of a model without thresholds, and nothing of one that stored no predictions", () => {
  const [section] = thresholdsSection(answered, undefined);
  expect(section!.blocks.map(({ kind }) => kind)).toEqual(["precision-recall", "text"]);
  expect(thresholdsSection(undefined, undefined)).toEqual([]);
});

it("draws many labels in several charts", () => {
  const labels = Array.from({ length: 13 }, (_, i) => `label ${i}`);
  const many = {
    labels,
    predictions: labels.map((label, i) => ({ label, probability: 0.5, right: i > 3, cluster: i })),
    missed: [],
  };
  const charts = thresholdsSection(many, undefined)[0]!.blocks.filter(
    ({ kind }) => kind === "precision-recall",
  );
  expect(charts).toHaveLength(3);
});
