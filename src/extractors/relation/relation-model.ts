// The relation model: I2SRM's graphs for relations, and the conversion of a batch of examples to their inputs.

import type { Runtime } from "../../engine/runtime.ts";
import { gatherRows } from "../../graph/operators/indexing.ts";
import { input, type Tensor } from "../../graph/tensor.ts";
import { type MreModelOptions, mreForward, mreTraining } from "../../models/i2srm/mre.ts";
import { Dropout } from "../../nn/dropout.ts";
import { visualShapeOf } from "../shared/batch-inputs.ts";
import { ClassModel, type ClassTask } from "../shared/class-model.ts";
import { frozenParts, readingStates, startOf } from "../shared/frozen-layers.ts";
import type { GraphModelOptions } from "../shared/graph-model.ts";
import type { LowerStates } from "../shared/lower-states.ts";
import { pictureUseOf } from "../shared/picture-use.ts";
import type { RelationExample } from "./examples.ts";
import { type MarkerIds, packedSizes } from "./packed-prediction.ts";
import { relationPrediction } from "./relation-prediction.ts";

export interface RelationModelOptions extends GraphModelOptions {
  readonly graph: MreModelOptions;
  readonly padId: number;
  /** Needed for packed pairs. */
  readonly markers?: MarkerIds | undefined;
  /** Rates and decay of the encoder and the other parameters. */
  readonly groups: ClassTask<RelationExample>["groups"];
  /** States of the frozen lower layers; absent: texts are read from their tokens. */
  readonly states?: LowerStates | undefined;
}

export class RelationModel extends ClassModel<RelationExample> {
  constructor(runtime: Runtime, options: RelationModelOptions) {
    super(runtime, relationTask(options), options);
  }
}

function relationTask({
  graph: whole,
  padId,
  groups,
  markers,
  states,
}: RelationModelOptions): ClassTask<RelationExample> {
  const graph = { ...whole, start: startOf(states) };
  const { encoder, addedTokens } = whole;
  const isPacked = graph.pairs === "packed";
  const prediction = relationPrediction({ padId, markers, pairs: graph.pairs, visual: visualShapeOf(graph) });
  const pictureUse = pictureUseOf(
    graph,
    (scope, use) => void mreForward(scope, graph, new Dropout(false), use),
  );
  return {
    name: "relation",
    i2srm: graph.i2srm,
    groups,
    prediction: readingStates(prediction, states),
    frozen: frozenParts(
      states,
      { encoder, addedTokens, padId },
      (scope) => void mreForward(scope, whole, new Dropout(false)),
      ({ input }) => [input],
    ),
    training: (scope, dropout, mixing, weighted) => mreTraining(scope, graph, dropout, mixing, weighted),
    logits: (scope) => mreForward(scope, graph, new Dropout(false)).logits,
    ...(isPacked ? { sizesOf: packedSizes } : {}),
    pictureUse: isPacked && pictureUse ? (scope) => byPair(pictureUse(scope)) : pictureUse,
  };
}

/** Outputs of texts [batch, ...] as outputs of their pairs [pairs, ...]. */
function byPair(ofTexts: Readonly<Record<string, Tensor>>): Readonly<Record<string, Tensor>> {
  const texts = input("pair_texts", "int64", ["pairs"]);
  return Object.fromEntries(Object.entries(ofTexts).map(([name, rows]) => [name, gatherRows(rows, texts)]));
}
