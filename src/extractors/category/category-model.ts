// The category model: I2SRM's graphs for the class of a whole post, and the conversion of a batch of examples to their inputs.
import type { Runtime } from "../../engine/runtime.ts";
import {
  type ClassificationModelOptions,
  classificationForward,
  classificationTraining,
} from "../../models/i2srm/classification.ts";
import { Dropout } from "../../nn/dropout.ts";
import { visualShapeOf } from "../shared/batch-inputs.ts";
import { ClassModel, type ClassTask } from "../shared/class-model.ts";
import type { GraphModelOptions } from "../shared/graph-model.ts";
import { pictureUseOf } from "../shared/picture-use.ts";
import { categoryPrediction } from "./category-prediction.ts";
import type { CategoryExample } from "./prepare.ts";

export interface CategoryModelOptions extends GraphModelOptions {
  readonly graph: ClassificationModelOptions;
  readonly padId: number;
  /** Rates and decay of the encoder and the other parameters. */
  readonly groups: ClassTask<CategoryExample>["groups"];
}

export class CategoryModel extends ClassModel<CategoryExample> {
  constructor(runtime: Runtime, options: CategoryModelOptions) {
    super(runtime, categoryTask(options), options);
  }
}

function categoryTask({ graph, padId, groups }: CategoryModelOptions): ClassTask<CategoryExample> {
  return {
    name: "category",
    i2srm: graph.i2srm,
    groups,
    prediction: categoryPrediction({ padId, visual: visualShapeOf(graph) }),
    training: (scope, dropout, mixing, weighted) =>
      classificationTraining(scope, graph, dropout, mixing, weighted),
    logits: (scope) => classificationForward(scope, graph, new Dropout(false)).logits,
    pictureUse: pictureUseOf(
      graph,
      (scope, use) => void classificationForward(scope, graph, new Dropout(false), use),
    ),
  };
}
