// The thresholds of a run's best model: precision against recall on the validation documents, and what each threshold gives on texts held out.
import { cutsOf, type LabelledPredictions, precisionRecallCurve } from "../../evaluation/precision-recall.ts";
import { type Thresholds, thresholdOf } from "../../evaluation/thresholds.ts";
import { describeAim, thresholdTable } from "../../extractors/shared/threshold-words.ts";
import type { ValidationPredictions } from "../../extractors/shared/validation-predictions.ts";
import type { Block, PrecisionRecallPlot, Section, TableBlock, ThresholdPoint } from "../report-data.ts";

const SERIES_PER_CHART = 6; // as many as there are colours
const MOST_POINTS = 50; // of a curve: more look the same and make the table long

/** Returns the section; none without predictions. */
export function thresholdsSection(
  answered: ValidationPredictions | undefined,
  thresholds: Thresholds | undefined,
): Section[] {
  if (answered === undefined || answered.predictions.length === 0) return [];
  const of = (label: string): LabelledPredictions => ({
    predictions: answered.predictions.filter((one) => one.label === label),
    missed: answered.missed.filter((one) => one.label === label),
  });
  const labels = answered.labels
    .map((name) => ({ name, ...of(name) }))
    .filter(({ predictions }) => predictions.length > 0)
    .sort((a, b) => b.predictions.length - a.predictions.length)
    .map((one) => seriesOf(one.name, one, thresholds && thresholdOf(thresholds, one.name)));
  const all = seriesOf("all labels", answered, thresholds?.all.threshold ?? undefined);
  const aim = thresholds?.aim;
  const references =
    aim === undefined || aim === "best-f1" ? [] : [{ name: describeAim(aim), value: aim.precision }];
  const charts = chunks([all, ...labels]).map(
    (series, i, { length }): PrecisionRecallPlot => ({
      kind: "precision-recall",
      title: length === 1 ? "Precision and recall" : `Precision and recall, ${i + 1} of ${length}`,
      description:
        "What is reported from a threshold on: the higher the threshold, the further left. On the validation documents, with calibrated probabilities.",
      series,
      references,
    }),
  );
  return [
    {
      title: "Precision, recall and thresholds",
      shortTitle: "Thresholds",
      blocks: [...charts, ...(thresholds ? [tableOf(thresholds)] : [noThresholds])],
    },
  ];
}

const noThresholds: Block = {
  kind: "text",
  text: "The model has no thresholds: everything that it finds is reported. `relata thresholds` sets them.",
};

function tableOf(thresholds: Thresholds): TableBlock {
  const { title, columns, rows, legend } = thresholdTable(thresholds);
  return {
    kind: "table",
    title: `${title.charAt(0).toUpperCase()}${title.slice(1)}`,
    columns: columns.map((header) => ({ header })),
    rows,
    legend: `${legend.join(". ")}.`,
  };
}

function seriesOf(name: string, answered: LabelledPredictions, threshold: number | undefined) {
  const curve = precisionRecallCurve(answered);
  const kept = cutsOf(answered.predictions).findLast((cut) => cut.threshold >= (threshold ?? 2));
  const chosen = curve.find((point) => point.threshold === kept?.threshold);
  return { name, points: thinned(curve, chosen), chosen };
}

/** An evenly spaced sample of a curve with its ends and one chosen point. */
function thinned(curve: readonly ThresholdPoint[], chosen: ThresholdPoint | undefined): ThresholdPoint[] {
  const step = Math.max(1, (curve.length - 1) / (MOST_POINTS - 1));
  const places = new Set(
    Array.from({ length: Math.min(MOST_POINTS, curve.length) }, (_, i) => Math.round(i * step)),
  );
  return curve.filter((point, i) => places.has(i) || point === chosen);
}

function chunks<One>(all: readonly One[]): One[][] {
  const count = Math.ceil(all.length / SERIES_PER_CHART);
  return Array.from({ length: count }, (_, i) => all.slice(i * SERIES_PER_CHART, (i + 1) * SERIES_PER_CHART));
}
