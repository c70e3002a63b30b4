// How a student reads generated views at prediction: any number, fused by attention or averaged over its answers to each single view.
import { stream } from "../../training/random.ts";
import { probabilitiesOf } from "../shared/class-scores.ts";
import type { GraphModel } from "../shared/graph-model.ts";
import { type StudentExample, shownViews, type ViewedExample } from "./student-example.ts";

/** Returns examples with `count` of their generated views, drawn by the example's id: the same for every model. */
export function withViewCount<Example extends ViewedExample>(
  examples: readonly Example[],
  count: number | undefined,
): readonly Example[] {
  if (count === undefined) return examples;
  return examples.map((example) => {
    const views = example.views ?? [];
    const order = [...stream(0, 0, `prediction-views/${example.id}`).permutation(views.length)];
    return { ...example, views: order.slice(0, count).map((i) => views[i]!) };
  });
}

/** Wraps a student that reads each view separately, as a predictor of averages: the logarithms of the mean probabilities. */
export function averagingPredictor(
  model: Pick<GraphModel<StudentExample>, "predict">,
  real: "text" | "picture",
  relations: number,
): Pick<GraphModel<StudentExample>, "predict"> {
  return {
    async predict(examples, onProgress) {
      const rows = await model.predict(examples, onProgress);
      return rows.map((row, i) => averaged(row, shownViews(examples[i]!, real).length, relations));
    },
  };
}

/** `row` contains the scores with each view, then those without any, which count only if there is no view. */
function averaged(row: Float32Array, views: number, relations: number): Float32Array {
  const count = Math.max(1, views); // without a view the first row is the row without any
  const mean = new Float64Array(relations);
  for (let view = 0; view < count; view++) {
    probabilitiesOf(row.subarray(view * relations, (view + 1) * relations)).forEach((probability, label) => {
      mean[label]! += probability / count;
    });
  }
  return Float32Array.from(mean, (probability) => Math.log(Math.max(probability, 1e-30)));
}
