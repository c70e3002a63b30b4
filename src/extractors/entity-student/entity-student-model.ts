// MI2RAGE's student for entities as a model: its graphs, and the conversion of texts and their shown views to graph inputs.
import { tokenInputs } from "../../encoders/token-inputs.ts";
import type { Runtime } from "../../engine/runtime.ts";
import { type HostTensor, hostTensor } from "../../graph/host-tensor.ts";
import { mnerLikelihoodLoss } from "../../models/i2srm/mner.ts";
import { type EntityStudentOptions, entityStudentForward } from "../../models/mi2rage/entity-student.ts";
import { Dropout } from "../../nn/dropout.ts";
import type { ChainScores } from "../../nn/viterbi.ts";
import { chainOf, type EntityGroups, entityGroups, padded, partOf } from "../entity/entity-model.ts";
import { type EntityExample, tagsOf } from "../entity/examples.ts";
import { frozenParts, startOf } from "../shared/frozen-layers.ts";
import { GraphModel, type GraphModelOptions, type TaskGraph } from "../shared/graph-model.ts";
import { isWeighted, weightInput, weightsOf } from "../shared/label-weights.ts";
import type { LowerStates } from "../shared/lower-states.ts";
import { WORD_TABLE } from "../shared/word-table.ts";
import { columnsOf, drawViews, type Shown, type ViewDraws } from "../student/draw-views.ts";
import { shownPictures, type ViewedExample } from "../student/student-example.ts";
import { pictureViewInputs } from "../student/student-inputs.ts";

/** A text, or a window of one, with views: pictures that were generated for the text, and its own. */
export interface EntityStudentExample extends EntityExample, ViewedExample {}

export interface EntityStudentModelOptions extends GraphModelOptions {
  readonly graph: EntityStudentOptions;
  readonly padId: number;
  readonly groups: EntityGroups;
  /** Required for training. */
  readonly training?: ViewDraws;
  /** States of the frozen lower layers; compute every text before using it. */
  readonly states?: LowerStates | undefined;
}

/** Scores are the emissions [tokens, tags] of each example. */
export class EntityStudentModel extends GraphModel<EntityStudentExample> {
  constructor(runtime: Runtime, options: EntityStudentModelOptions) {
    super(runtime, studentTask(options), options);
  }

  /** The CRF's scores, in the form that decoding needs. */
  get chain(): ChainScores {
    return chainOf(this);
  }
}

const STEP = "views";

function studentTask(options: EntityStudentModelOptions): TaskGraph<EntityStudentExample> {
  const { graph, padId, groups, training, states } = options;
  const start = startOf(states);
  const inputsOf = (batch: readonly Shown<EntityStudentExample>[]) => {
    const texts = batch.map(({ example }) => example.input);
    const { input_ids, attention_mask } = tokenInputs(texts, padId) as Record<string, HostTensor<"int64">>;
    return {
      attention_mask: attention_mask!,
      ...(states ? { states: states.batch(texts, attention_mask!.shape[1]!) } : { input_ids: input_ids! }),
      ...(graph.picture ? pictureViewInputs(batch, columnsOf(batch), graph.picture) : {}),
    };
  };
  return {
    name: "entity-student",
    sparseTable: WORD_TABLE,
    ...frozenParts(
      states,
      { encoder: graph.encoder, addedTokens: 0, padId },
      (scope) => void entityStudentForward(scope, graph, new Dropout(false)),
      ({ input }) => [input],
    ),
    lengthOf: ({ input }) => input.ids.length,
    idOf: ({ id }) => id,
    trainingGraph: (scope, dropout, variant) => ({
      loss: mnerLikelihoodLoss(entityStudentForward(scope, graph, dropout, start), isWeighted(variant)),
      terms: {},
    }),
    planStep(examples, at) {
      if (training === undefined) throw new Error("nothing says how many views a step shows");
      const batch = examples.map((example, row) => drawViews(example, training, at, row));
      const inputs = inputsOf(batch);
      const length = inputs.attention_mask.shape[1]!;
      const tags = examples.flatMap((example) => padded(tagsOf(example), length));
      const { variant, weights } = weightsOf(examples, STEP);
      return {
        variant,
        inputs: {
          ...inputs,
          labels: hostTensor("int64", [batch.length, length], tags),
          ...(weights ? { label_weights: weightInput(weights) } : {}),
        },
        sizes: new Map([
          ["batch", batch.length],
          ["views", columnsOf(batch)],
          ["length", length],
        ]),
      };
    },
    predictionGraph: (scope) => entityStudentForward(scope, graph, new Dropout(false), start).emissions,
    predictionInputs: (examples) =>
      inputsOf(examples.map((example) => ({ example, views: graph.picture ? shownPictures(example) : [] }))),
    ownScores: (row, { input }) => row.subarray(0, input.ids.length * graph.tags),
    partOf,
    groups: entityGroups(groups),
  };
}
