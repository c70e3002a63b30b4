// Prepares examples for methods that read no generated views.
import { DataError } from "../../base/errors.ts";
import type { PreparedSet } from "../shared/training-task.ts";
import type { RelationExample } from "./examples.ts";
import { prepareExamples } from "./prepare.ts";
import type { ScoredRequest } from "./relation-method.ts";

/** @throws DataError `data/unwanted-visual` when there are views, and the codes of `prepareExamples` */
export function examplesWithoutViews({
  views,
  ownVisual: _,
  ...request
}: ScoredRequest): Promise<PreparedSet<RelationExample>> {
  if (views === undefined) return prepareExamples(request);
  throw new DataError({
    code: "data/unwanted-visual",
    message: "generated views are given, but this model was not trained to read them",
    place: views.store,
    remedy: 'Omit the views, or use a model that was trained with method "mi2rage".',
  });
}
