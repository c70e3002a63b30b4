// Explains in words and as a table what thresholds do, for the console and for reports.
import { counted } from "../../base/counted.ts";
import type { HeldOutScore, LabelThreshold, ThresholdAim, Thresholds } from "../../evaluation/thresholds.ts";
import { formatProbability } from "./format-probability.ts";

type Row = readonly [
  label: string,
  threshold: string,
  precision: string,
  interval: string,
  recall: string,
  kept: string,
];

/** A table of thresholds: what they are for, one row per label, and what the marks mean. */
export interface ThresholdTable {
  readonly title: string;
  readonly columns: Row;
  readonly rows: readonly Row[];
  readonly legend: readonly string[];
}

/** "a precision of 0.9", "the best F1 of each label". */
export function describeAim(aim: ThresholdAim): string {
  return aim === "best-f1" ? "the best F1 of each label" : `a precision of ${aim.precision}`;
}

/** Returns the table of a model's thresholds; all scores are of texts that the thresholds were not fitted on. */
export function thresholdTable({ aim, unreached, all, together, labels }: Thresholds): ThresholdTable {
  const title = `thresholds for ${describeAim(aim)}`;
  const columns: Row = ["label", "threshold", "precision", "interval", "recall", "kept"];
  if (all.decision === "too-few") {
    const few = `${counted(all.predictions, "validation prediction")} in ${counted(all.texts, "text")} are too few to fit any: everything found is reported`;
    return { title, columns, rows: [], legend: [few] };
  }
  const predicted = labels
    .filter(({ predictions }) => predictions > 0)
    .sort((a, b) => b.predictions - a.predictions);
  const silent = labels.length - predicted.length;
  const used = new Set([...predicted, all].map(({ decision }) => decision));
  const marks = Object.entries(MARKS) as [LabelThreshold["decision"], string][];
  return {
    title,
    columns,
    rows: [
      ...(together
        ? [["all, each with its own", "", ...scoreCells(together, all.predictions)] as const]
        : []),
      ["all, with one threshold", ...cells(all)],
      ...predicted.map((one): Row => [one.label, ...cells(one)]),
    ],
    legend: [
      "scores on validation texts that the thresholds were not fitted on; interval: 95 % of the precision",
      `without thresholds: precision ${formatShare(all.precision)}, recall ${formatShare(all.recall)}`,
      ...marks.flatMap(([decision, mark]) =>
        used.has(decision) ? [`${mark} ${meaning(decision, aim, unreached)}`] : [],
      ),
      ...(silent > 0
        ? [
            `${counted(silent, "label")} without a validation prediction: the threshold of all labels together`,
          ]
        : []),
    ],
  };
}

const MARKS = { "all-labels": "*", unreached: "!", "not-better": "=" } as const;

function meaning(
  decision: LabelThreshold["decision"],
  aim: ThresholdAim,
  unreached: "best" | "drop",
): string {
  switch (decision) {
    case "all-labels":
      return "too few predictions of its own: the threshold of all labels together";
    case "unreached":
      return `cannot reach ${describeAim(aim)}: ${unreached === "drop" ? "never reported; the scores are the best it can do" : "the threshold of the best precision it can reach"}`;
    case "not-better":
      return "no threshold has a better F1 on texts that it was not fitted on";
    default:
      return "";
  }
}

function cells({ threshold, decision, heldOut, predictions }: LabelThreshold) {
  const mark = decision in MARKS ? ` ${MARKS[decision as keyof typeof MARKS]}` : "";
  const shown = threshold === null ? "never" : formatProbability(threshold);
  return [`${shown}${mark}`, ...scoreCells(heldOut, predictions)] as const;
}

function scoreCells(score: HeldOutScore | null, predictions: number) {
  if (score === null) return ["", "", "", `0 of ${predictions}`] as const;
  const { precision, interval, recall, kept } = score;
  const range = kept === 0 ? "" : interval.map((end) => end.toFixed(2)).join("-");
  return [formatShare(precision), range, formatShare(recall), `${kept} of ${predictions}`] as const;
}

const formatShare = (share: number | null) => (share === null ? "-" : share.toFixed(4));
