// How a student for entities reads generated views at prediction: any number, fused by attention, or averaged over single views.
import { DataError } from "../../base/errors.ts";
import { type EntityModelConfig, isStudent } from "../entity/model-config.ts";
import type { EvaluateRequest } from "../requests.ts";
import type { GraphModel } from "../shared/graph-model.ts";
import { withViewCount } from "../student/evaluate-views.ts";
import { shownPictures } from "../student/student-example.ts";
import type { EntityStudentExample } from "./entity-student-model.ts";
import type { ViewedText } from "./prepare-entity-students.ts";

/** Refuses views for a model that reads none. @throws DataError `data/unwanted-visual` */
export function requireReadsViews(
  { views }: Pick<EvaluateRequest, "views">,
  config: EntityModelConfig,
): void {
  if (views === undefined || (isStudent(config) && config.visual !== null)) return;
  throw new DataError({
    code: "data/unwanted-visual",
    message: "generated views are given, but this model was not trained to read them",
    place: views.store,
    remedy: 'Omit the views, or use a model that was trained with method "mi2rage".',
  });
}

/** The texts with `count` of their generated views, the same for every window and model. */
export function withCountedViews(
  texts: readonly ViewedText[],
  count: number | undefined,
): readonly ViewedText[] {
  return texts.map((text) => ({ ...text, windows: withViewCount(text.windows, count) }));
}

/** Generated views per text. */
export function viewsPerText(texts: readonly ViewedText[]): number {
  const shown = texts.reduce((sum, { windows }) => sum + (windows[0]?.views ?? []).length, 0);
  return shown / Math.max(1, texts.length);
}

/** Wraps a student as a predictor that reads each view on its own and returns the mean of the tag scores. */
export function averagingReader(
  model: Pick<GraphModel<EntityStudentExample>, "predict">,
): Pick<GraphModel<EntityStudentExample>, "predict"> {
  return {
    async predict(examples, onProgress) {
      const readings = examples.map((example) => {
        const shown = shownPictures(example);
        const each = shown.length === 0 ? [[]] : shown.map((view) => [view]);
        return each.map((views) => ({ ...example, visual: undefined, views }));
      });
      const single = readings.flat();
      const rows = await model.predict(single, (done) =>
        onProgress?.(Math.floor((done * examples.length) / single.length)),
      );
      const ends = readings.map(({ length }) => length);
      for (let i = 1; i < ends.length; i++) ends[i]! += ends[i - 1]!;
      return readings.map(({ length }, i) => mean(rows.slice(ends[i]! - length, ends[i]!))); // one end per example
    },
  };
}

function mean(rows: readonly Float32Array[]): Float32Array {
  return rows[0]!.map((_, i) => rows.reduce((sum, row) => sum + row[i]!, 0) / rows.length); // at least one reading each
}
