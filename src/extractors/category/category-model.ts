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
import { frozenParts, readingStates, startOf } from "../shared/frozen-layers.ts";
import type { GraphModelOptions } from "../shared/graph-model.ts";
import type { LowerStates } from "../shared/lower-states.ts";
import { pictureUseOf } from "../shared/picture-use.ts";
import { categoryPrediction } from "./category-prediction.ts";
import type { CategoryExample } from "./prepare.ts";

export interface CategoryModelOptions extends GraphModelOptions {
  readonly graph: ClassificationModelOptions;
  readonly padId: number;
  /** Rates and decay of the encoder and the other parameters. */
  readonly groups: ClassTask<CategoryExample>["groups"];
  /** States of the frozen lower layers; absent: texts are read from their tokens. */
  readonly states?: LowerStates | undefined;
}

export class CategoryModel extends ClassModel<CategoryExample> {
  constructor(runtime: Runtime, options: CategoryModelOptions) {
    super(runtime, categoryTask(options), options);
  }
}

function categoryTask({
  graph: whole,
  padId,
  groups,
  states,
}: CategoryModelOptions): ClassTask<CategoryExample> {
  const graph = { ...whole, start: startOf(states) };
  return {
    name: "category",
    i2srm: graph.i2srm,
    groups,
    prediction: readingStates(categoryPrediction({ padId, visual: visualShapeOf(graph) }), states),
    frozen: frozenParts(
      states,
      { encoder: whole.encoder, addedTokens: 0, padId },
      (scope) => void classificationForward(scope, whole, new Dropout(false)),
      ({ input }) => [input],
    ),
    training: (scope, dropout, mixing, weighted) =>
      classificationTraining(scope, graph, dropout, mixing, weighted),
    logits: (scope) => classificationForward(scope, graph, new Dropout(false)).logits,
    pictureUse: pictureUseOf(
      graph,
      (scope, use) => void classificationForward(scope, graph, new Dropout(false), use),
    ),
  };
}
