// Fits the probabilities of a model with one class per example on validation examples.
import { classConfidences } from "../../evaluation/calibration.ts";
import { fitCalibration } from "../../evaluation/fit-calibration.ts";
import { calibrated } from "./calibration.ts";
import type { Logits } from "./class-model.ts";
import { bestLabel, probabilitiesOf } from "./class-scores.ts";
import type { CalibratedModel } from "./training-task.ts";

/** Scores of labelled examples. */
export interface ScoredClasses {
  readonly rows: readonly Logits[];
  /** Indices into `labels`. */
  readonly gold: readonly number[];
  /** A number for each example's text and picture. */
  readonly clusters: readonly number[];
  readonly labels: readonly string[];
  /** The label that says that there is nothing; neither predicted nor missed. */
  readonly noneIndex?: number | undefined;
}

/** Fits a model's calibration on scored examples; returns their probabilities too. */
export function calibrateClasses({
  rows,
  gold,
  clusters,
  labels,
  noneIndex,
}: ScoredClasses): CalibratedModel {
  const logits = { data: rows.flatMap((row) => [...row]), classes: labels.length };
  const best = rows.map(bestLabel);
  const calibration = fitCalibration({
    correct: best.map((label, i) => label === gold[i]),
    clusters,
    at: (temperature) => classConfidences(logits, gold, temperature),
  });
  const how = calibrated(calibration);
  const nameOf = (label: number) => labels[label]!;
  const found = best.flatMap((label, i) =>
    label === noneIndex
      ? []
      : [
          {
            label: nameOf(label),
            probability: probabilitiesOf(rows[i]!, how)[label]!,
            right: label === gold[i],
            cluster: clusters[i]!,
          },
        ],
  );
  const missed = gold.flatMap((label, i) =>
    label === noneIndex || label === best[i] ? [] : [{ label: nameOf(label), cluster: clusters[i]! }],
  );
  const names = labels.filter((_, i) => i !== noneIndex);
  return { calibration, predictions: { labels: names, predictions: found, missed } };
}
