// A page with the measures of a store of generated views: drift and diversity by round, and information about the label.

import { counted } from "../../base/counted.ts";
import { describeReading, type TeacherReading } from "../../extractors/student/scores-file.ts";
import { formatNumber } from "../numbers.ts";
import type { Block, Curve, LineChart, ReportData, TableBlock } from "../report-data.ts";
import type { MeasuredViews } from "./measure-views.ts";

/** Names a curve of drift: what is compared with what. */
function driftName({ kind, space, origin }: MeasuredViews["drift"][number]): string {
  const what = space === "pixels" ? "pictures" : kind === "picture" ? "pictures by caption" : "texts";
  return origin === "real" ? `${what}, from the real view` : `${what}, from the first of the chain`;
}

/** Returns a separate page; `measureBlocks` returns its parts for other reports. */
export function measureReport(measures: MeasuredViews): ReportData {
  const { store, direction, rounds, chains, instances, views, encoders } = measures;
  return {
    title: "Generated views",
    subtitle: `${counted(instances, "instance")} with a real ${direction}, ${counted(chains, "chain")} of ${counted(rounds, "round")}: ${store}`,
    facts: [
      { label: "views measured", value: views.measured, digits: 0 },
      { label: "rejected", value: views.rejected, digits: 0 },
      {
        label: "not measured",
        value: views.notMeasured,
        digits: 0,
        detail: "broken, or no encoder given",
      },
    ],
    sections: [{ title: "Drift and diversity", blocks: measureBlocks(measures) }],
    fingerprints: encoders,
  };
}

/** Position of a chain's origin: before its first step, or at it. */
const ORIGIN_STEPS = { real: 0, first: 1 } as const;

/** Returns charts of the measures, then their tables. */
export function measureBlocks({
  chains,
  drift,
  diversity,
  information = [],
  teachersRead,
  retention,
}: MeasuredViews): readonly Block[] {
  const curves: Curve[] = drift.map((curve) => ({
    name: driftName(curve),
    runs: [
      {
        name: "mean",
        points: [
          [ORIGIN_STEPS[curve.origin], 0] as const,
          ...curve.steps.map(({ step, mean }) => [step, mean] as const),
        ],
      },
    ],
  }));
  const farthest = Math.max(...drift.flatMap(({ steps }) => steps.map(({ mean }) => mean)));
  const byRound = diversity.filter(({ round }) => round !== "all");
  const kinds = [...new Set(byRound.map(({ space }) => space))];
  const vendi: Curve[] = kinds.map((space) => ({
    name: space === "pixels" ? "pictures" : "words",
    runs: [
      {
        name: "mean",
        points: byRound
          .filter((row) => row.space === space)
          .map((row) => [Number(row.round), row.vendi.mean] as const),
      },
    ],
  }));
  return [
    {
      kind: "lines",
      title: "Semantic drift",
      description: "Distance of views from the start of their chain, at each step of the chain.",
      x: { label: "step", integer: true, digits: 0 },
      y: { label: "1 - cosine", range: [0, farthest > 1 ? 2 : 1] },
      curves,
    },
    {
      kind: "lines",
      title: "Diversity",
      description: "Effective number of distinct views in a round (Vendi score), mean over instances.",
      x: { label: "round", integer: true, digits: 0 },
      y: { label: "Vendi score", range: [1, Math.max(2, chains)] }, // at most as many as there are chains
      curves: vendi,
    },
    ...(retention === undefined ? [] : [retentionChart(retention)]),
    driftTable(drift),
    diversityTable(diversity),
    ...(teachersRead === undefined ? [] : [informationTable(information, teachersRead)]),
    ...(retention === undefined || teachersRead === undefined
      ? []
      : [retentionTable(retention, teachersRead)]),
  ];
}

/** The number of views from which a teacher not trained on the example still predicts the gold label. */
function retentionChart({ byRound }: NonNullable<MeasuredViews["retention"]>): LineChart {
  return {
    kind: "lines",
    title: "Label retention",
    description:
      "Share of the views with which teachers that were not trained on the example predict its gold label.",
    x: { label: "round", integer: true, digits: 0 },
    y: { label: "share", range: [0, 1] },
    curves: [
      {
        name: "views",
        runs: [{ name: "share", points: byRound.map(({ round, share }) => [round, share] as const) }],
      },
    ],
  };
}

function retentionTable(
  { byRound }: NonNullable<MeasuredViews["retention"]>,
  teachersRead: TeacherReading,
): TableBlock {
  return {
    kind: "table",
    title: "Label retention by round",
    columns: [
      { header: "round", digits: 0 },
      { header: "views", digits: 0 },
      { header: "right", digits: 0 },
      { header: "share" },
      { header: "95 % interval" },
    ],
    rows: byRound.map(({ round, views, right, share, interval: [low, high] }) => [
      round,
      views,
      right,
      share,
      `${formatNumber(low, 4)} to ${formatNumber(high, 4)}`,
    ]),
    legend: `Share of a round's views with which the gold label is the most probable; ${describeReading(teachersRead)}. The interval is over other texts or pictures: the views of one are not independent.`,
  };
}

function driftTable(drift: MeasuredViews["drift"]): TableBlock {
  return {
    kind: "table",
    title: "Semantic drift by step",
    columns: [
      { header: "compared" },
      { header: "step", digits: 0 },
      { header: "round", digits: 0 },
      { header: "views", digits: 0 },
      { header: "1 - cosine" },
    ],
    rows: drift.flatMap((curve) =>
      curve.steps.map(({ step, round, count, mean, spread }) => [
        driftName(curve),
        step,
        round,
        count,
        { mean, spread },
      ]),
    ),
    legend: "Mean and standard deviation over views.",
    folded: true,
  };
}

function diversityTable(diversity: MeasuredViews["diversity"]): TableBlock {
  return {
    kind: "table",
    title: "Diversity of an instance's views",
    columns: [
      { header: "round" },
      { header: "views", digits: 1 },
      { header: "mean pairwise distance" },
      { header: "Vendi score", digits: 2 },
      { header: "distinct-1" },
      { header: "distinct-2" },
    ],
    rows: diversity.map((row) => [
      `${row.round}${row.space === "pixels" ? " (pixels)" : ""}`,
      row.views.mean,
      measure(row.meanPairwiseDistance),
      measure(row.vendi),
      row.distinct1 ? measure(row.distinct1) : null,
      row.distinct2 ? measure(row.distinct2) : null,
    ]),
    legend: "Mean and standard deviation over instances with two views or more.",
  };
}

function informationTable(
  information: NonNullable<MeasuredViews["information"]>,
  teachersRead: TeacherReading,
): TableBlock {
  return {
    kind: "table",
    title: "Information about the label, in bits",
    columns: [
      { header: "round" },
      { header: "views", digits: 0 },
      { header: "H(Y)" },
      { header: "H(Y) - CE" },
      { header: "95 % interval" },
      { header: "added by the views" },
    ],
    rows: information.map(({ round, information: { views, labelEntropy, bound, gain } }) => [
      String(round),
      views,
      labelEntropy.bits,
      bound.bits,
      bound.interval.bits.map((value) => formatNumber(value)).join(" to "),
      gain?.bits ?? null,
    ]),
    legend: `A lower bound from teachers that were not trained on the instance; ${describeReading(teachersRead)}. Plug-in entropy; intervals by resampling instances; those of one real text or picture are drawn together.`,
  };
}

function measure({ mean, spread }: { readonly mean: number; readonly spread: number }) {
  return { mean, spread };
}
