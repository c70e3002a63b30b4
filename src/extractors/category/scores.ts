// Turns the scores of categories into metrics.
import type { LabelSet } from "../../data/labels.ts";
import { type CategoryMetrics, categoryMetrics } from "../../evaluation/category-metrics.ts";
import type { Logits } from "../shared/class-model.ts";
import { bestLabel } from "../shared/class-scores.ts";
import type { GraphModel } from "../shared/graph-model.ts";
import type { CategoryExample } from "./prepare.ts";

/** Returns a model's metrics on labelled examples, and its class scores for each. */
export async function scoreCategories(
  model: Pick<GraphModel<CategoryExample>, "predict">,
  examples: readonly CategoryExample[],
  { labels }: LabelSet,
  onProgress?: (done: number) => void,
): Promise<{ readonly metrics: CategoryMetrics; readonly logits: readonly Logits[] }> {
  const logits = await model.predict(examples, onProgress);
  const metrics = categoryMetrics(goldOf(examples), logits.map(bestLabel), labels);
  return { metrics, logits };
}

/** The labels of prepared examples, which all have one. */
export function goldOf(examples: readonly CategoryExample[]): number[] {
  return examples.map(({ label }) => label!);
}

/** The metrics available to judge a training run. */
export function runMetrics({ micro, macro, accuracy }: CategoryMetrics): Readonly<Record<string, number>> {
  return { micro_f1: micro.f1, macro_f1: macro.f1, accuracy };
}
