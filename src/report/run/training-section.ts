// The course of a run: loss and its parts by step, scores by epoch.
import { extentOf } from "../charts/plottable.ts";
import type { Block, CurveRun, LineChart, Point, Section, TableBlock } from "../report-data.ts";
import type { BatchRecord, EvaluationRecord, RunRecord, TrainRecord } from "./read-run.ts";

const MOST_LOSS_POINTS = 120; // a longer log is averaged over windows, to keep curve and table readable

/** A metric's readable name: "micro_f1" becomes "micro F1". */
export function metricName(name: string): string {
  return name.replaceAll("_", " ").replace(/\bf1\b/g, "F1");
}

/** Returns charts of loss and scores, and a table of every score. */
export function trainingSection({ training, evaluations, batches, run }: RunRecord): Section {
  const metric = run.identity.options.metric.name;
  const blocks: (Block | undefined)[] = [
    lossChart(training),
    scoreChart(evaluations, metric),
    termsChart(training),
    batchTable(batches),
    scoreTable(evaluations, metric),
  ];
  return { title: "Training", blocks: blocks.filter((block) => block !== undefined) };
}

/** Returns means over windows of equal length; the x of a window is its last step. */
function windowed(
  training: readonly TrainRecord[],
  value: (record: TrainRecord) => number | undefined,
): { readonly points: readonly Point[]; readonly window: number } {
  const window = Math.max(1, Math.ceil(training.length / MOST_LOSS_POINTS));
  const points: Point[] = [];
  for (let start = 0; start < training.length; start += window) {
    const records = training.slice(start, start + window);
    const values = records.map(value).filter((one) => one !== undefined);
    const last = records.at(-1);
    if (values.length === 0 || last === undefined) continue;
    points.push([last.step, values.reduce((sum, one) => sum + one, 0) / values.length]);
  }
  return { points, window };
}

const single = (name: string, points: readonly Point[]): { name: string; runs: readonly CurveRun[] } => ({
  name,
  runs: [{ name: "this run", points }],
});

function lossChart(training: readonly TrainRecord[]): LineChart | undefined {
  if (training.length === 0) return undefined;
  const { points, window } = windowed(training, ({ loss }) => loss);
  const [low, high] = extentOf(points.map(([, y]) => y)) ?? [0, 0];
  const wide = low > 0 && high > 20 * low;
  return {
    kind: "lines",
    title: "Training loss",
    description: `Mean over ${window === 1 ? "the steps between two lines of the log" : `${window} lines of the log`}${wide ? "; logarithmic scale" : ""}.`,
    x: { label: "step", integer: true },
    y: { label: "loss", ...(wide ? { scale: "log" as const } : {}) },
    curves: [single("loss", points)],
  };
}

function termsChart(training: readonly TrainRecord[]): LineChart | undefined {
  const names = [...new Set(training.flatMap(({ terms }) => Object.keys(terms)))];
  if (names.length < 2) return undefined;
  return {
    kind: "lines",
    title: "Parts of the loss",
    description: "The terms of the loss, as logged.",
    x: { label: "step", integer: true },
    y: { label: "loss" },
    curves: names.map((name) => single(name, windowed(training, ({ terms }) => terms[name]).points)),
  };
}

function scoreChart(evaluations: readonly EvaluationRecord[], metric: string): LineChart | undefined {
  if (evaluations.length === 0) return undefined;
  const prefix = metric.split("_")[0] ?? metric;
  const names = Object.keys(evaluations[0]?.metrics ?? {});
  const shown = [metric, ...names.filter((name) => name !== metric && name.startsWith(`${prefix}_`))];
  return {
    kind: "lines",
    title: "Validation score",
    description: `After each evaluation; ${metricName(metric)} decides which weights are kept.`,
    x: { label: "epoch", integer: true },
    y: { label: "score" },
    curves: shown.map((name) =>
      single(
        metricName(name),
        evaluations.flatMap(({ epoch, metrics }): Point[] => {
          const value = metrics[name];
          return value === undefined ? [] : [[epoch, value]];
        }),
      ),
    ),
  };
}

/** The mean entropy of the labels in a batch, over batches and epochs, and that of all training documents; undefined if it was not logged. */
export function labelEntropy(
  batches: readonly BatchRecord[],
): { readonly batch: number; readonly all: number } | undefined {
  const [first] = batches;
  if (first === undefined) return undefined;
  const total = batches.reduce((sum, { entropy }) => sum + entropy.batches, 0);
  return { batch: total / batches.length, all: first.entropy.examples };
}

function batchTable(batches: readonly BatchRecord[]): TableBlock | undefined {
  const entropy = labelEntropy(batches);
  if (entropy === undefined) return undefined;
  return {
    kind: "table",
    title: "Labels in a batch",
    folded: true,
    columns: [{ header: "documents" }, { header: "entropy of their labels", digits: 3 }],
    rows: [
      ["those of a batch, on average", entropy.batch],
      ["all training documents", entropy.all],
    ],
    legend:
      "In nats; 0: all documents of a batch have one label. For entities, a document's label is the type of most of its entities. The setting training.batches changes it.",
  };
}

function scoreTable(evaluations: readonly EvaluationRecord[], metric: string): TableBlock | undefined {
  const names = [...new Set(evaluations.flatMap(({ metrics }) => Object.keys(metrics)))];
  if (names.length === 0) return undefined;
  return {
    kind: "table",
    title: "All validation scores",
    folded: true,
    columns: [
      { header: "epoch", digits: 0 },
      { header: "step", digits: 0 },
      ...names.map((name) => ({ header: metricName(name) })),
      { header: "" },
    ],
    rows: evaluations.map(({ epoch, step, metrics, best }) => [
      epoch,
      step,
      ...names.map((name) => metrics[name] ?? null),
      best ? `best ${metricName(metric)} so far` : "",
    ]),
  };
}
