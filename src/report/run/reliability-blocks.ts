// Shows how reliable the probabilities of predictions are: reliability by bins, and the distribution of right and wrong ones.
import { binaryCalibrationError } from "../../evaluation/confidence-calibration.ts";
import { histogramOf } from "../charts/histogram.ts";
import type { Block } from "../report-data.ts";

/** A prediction with the model's probability and whether it is right. */
export interface SurePrediction {
  readonly probability: number;
  readonly right: boolean;
}

const BINS = 20;

/** Returns two charts side by side; none without probabilities. `what` names one prediction, for example "a relation". */
export function reliabilityBlocks(predictions: readonly SurePrediction[], what: string): Block[] {
  if (predictions.length === 0) return [];
  const { error, bins } = binaryCalibrationError(
    predictions.map(({ probability }) => probability),
    predictions.map(({ right }) => right),
  );
  const of = (wanted: boolean) =>
    predictions.filter(({ right }) => right === wanted).map(({ probability }) => probability);
  return [
    {
      kind: "calibration",
      title: "Reliability",
      description: `How often ${what} is right, by the probability the model gives it.`,
      series: [{ name: "predictions", bins, error }],
    },
    {
      kind: "histogram",
      title: "Confidence",
      description: "Wrong predictions should be further left than right ones.",
      x: { label: "probability", digits: 2, range: [0, 1] },
      ...histogramOf(
        [
          { name: "right", values: of(true) },
          { name: "wrong", values: of(false) },
        ],
        { bins: BINS, range: [0, 1] },
      ),
    },
  ];
}
