// The relation model: I2SRM's graphs for relations, and the conversion of a batch of examples to their inputs.

import { tokenInputs } from "../../encoders/token-inputs.ts";
import type { Runtime } from "../../engine/runtime.ts";
import { type MreModelOptions, mreForward, mreTraining } from "../../models/i2srm/mre.ts";
import { Dropout } from "../../nn/dropout.ts";
import { type VisualShape, visualInputs, visualShapeOf } from "../shared/batch-inputs.ts";
import { ClassModel, type ClassTask } from "../shared/class-model.ts";
import type { GraphModelOptions } from "../shared/graph-model.ts";
import { pictureUseOf } from "../shared/picture-use.ts";
import { spanInputs } from "./batch-inputs.ts";
import type { RelationExample } from "./examples.ts";

export interface RelationModelOptions extends GraphModelOptions {
  readonly graph: MreModelOptions;
  readonly padId: number;
  /** Rates and decay of the encoder and the other parameters. */
  readonly groups: ClassTask<RelationExample>["groups"];
}

export class RelationModel extends ClassModel<RelationExample> {
  constructor(runtime: Runtime, options: RelationModelOptions) {
    super(runtime, relationTask(options), options);
  }
}

function relationTask({ graph, padId, groups }: RelationModelOptions): ClassTask<RelationExample> {
  const visualShape: VisualShape | undefined = visualShapeOf(graph);
  return {
    name: "relation",
    i2srm: graph.i2srm,
    groups,
    lengthOf: ({ input }) => input.length,
    inputsOf: (examples) => ({
      ...tokenInputs(
        examples.map(({ input }) => input),
        padId,
      ),
      ...spanInputs(examples),
      ...(visualShape ? visualInputs(examples, visualShape) : {}),
    }),
    training: (scope, dropout, mixing) => mreTraining(scope, graph, dropout, mixing),
    logits: (scope) => mreForward(scope, graph, new Dropout(false)).logits,
    pictureUse: pictureUseOf(graph, (scope, use) => void mreForward(scope, graph, new Dropout(false), use)),
  };
}
