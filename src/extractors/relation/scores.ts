// Turns the scores of relations into metrics.
import type { LabelSet } from "../../data/labels.ts";
import { type RelationMetrics, relationMetrics } from "../../evaluation/relation-metrics.ts";
import { maskedScores } from "../pairs/label-masks.ts";
import type { Logits } from "../shared/class-model.ts";
import { bestLabel } from "../shared/class-scores.ts";
import type { GraphModel } from "../shared/graph-model.ts";
import type { StudentExample } from "../student/student-example.ts";

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
