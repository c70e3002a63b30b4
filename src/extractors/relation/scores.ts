// Turns class scores into predictions and metrics.
import type { LabelSet } from "../../data/labels.ts";
import { type RelationMetrics, relationMetrics } from "../../evaluation/relation-metrics.ts";
import { isPossible, maskedScores } from "../pairs/label-masks.ts";
import { type Calibrated, calibrated, supported } from "../shared/calibration.ts";
import type { GraphModel } from "../shared/graph-model.ts";
import type { StudentExample } from "../student/student-example.ts";
import type { Logits } from "./relation-model.ts";

/** Returns the index of the highest score; the lower index for a tie. */
export function bestLabel(logits: Logits): number {
  return logits.reduce((best, score, i) => (score > logits[best]! ? i : best), 0);
}

const UNCALIBRATED = calibrated(undefined);

/**
 * Returns the labels' probabilities: the softmax of their scores divided by the calibration's temperature, bounded by the number of the
 * calibration's examples. A label that the pair's types rule out has none.
 */
export function probabilitiesOf(logits: Logits, how: Calibrated = UNCALIBRATED): readonly number[] {
  const highest = Math.max(...logits);
  const possible = logits.reduce((count, score) => (isPossible(score) ? count + 1 : count), 0);
  const exponentials = Array.from(logits, (score) => Math.exp((score - highest) / how.temperature));
  const total = exponentials.reduce((sum, value) => sum + value, 0);
  return exponentials.map((value, i) =>
    isPossible(logits[i]!) ? supported(value / total, how, possible) : value / total,
  );
}

/** Returns a model's metrics on labelled examples, and its class scores for each. */
export async function scoreModel(
  model: Pick<GraphModel<StudentExample>, "predict">,
  examples: readonly StudentExample[],
  labels: LabelSet,
  onProgress?: (done: number) => void,
): Promise<{ readonly metrics: RelationMetrics; readonly logits: readonly Logits[] }> {
  const logits = maskedRows(await model.predict(examples, onProgress), examples);
  const metrics = relationMetrics(
    examples.map(({ label }) => label!), // prepared examples have labels
    logits.map(bestLabel),
    labels,
  );
  return { metrics, logits };
}

/** Returns the scores of labelled or unlabelled examples, with impossible labels pushed far down. */
export function maskedRows(
  rows: readonly Logits[],
  examples: readonly Pick<StudentExample, "mask">[],
): readonly Logits[] {
  return rows.map((row, i) => maskedScores(row, examples[i]!.mask)); // one row per example
}

/** The metrics available to judge a training run. */
export function runMetrics({ micro, macro, accuracy }: RelationMetrics): Readonly<Record<string, number>> {
  return {
    micro_f1: micro.f1,
    micro_precision: micro.precision,
    micro_recall: micro.recall,
    macro_f1: macro.f1,
    accuracy,
  };
}
