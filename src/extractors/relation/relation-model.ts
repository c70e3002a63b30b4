// The relation model: I2SRM's graphs for relations, and the conversion of a batch of examples to their inputs.

import { tokenInputs } from "../../encoders/token-inputs.ts";
import type { Runtime } from "../../engine/runtime.ts";
import { mixupPlan } from "../../models/i2srm/mixup-plan.ts";
import { type MreModelOptions, mreForward, mreTraining } from "../../models/i2srm/mre.ts";
import { Dropout } from "../../nn/dropout.ts";
import type { StepAddress } from "../../training/model.ts";
import { stream } from "../../training/random.ts";
import { type VisualShape, visualInputs, visualShapeOf } from "../shared/batch-inputs.ts";
import { GraphModel, type GraphModelOptions, type StepPlan, type TaskGraph } from "../shared/graph-model.ts";
import { parameterGroups } from "../shared/parameter-groups.ts";
import { WORD_TABLE } from "../shared/word-table.ts";
import { mixupInputs, spanInputs } from "./batch-inputs.ts";
import type { RelationExample } from "./examples.ts";
import { labelOf } from "./label-of.ts";

export interface RelationModelOptions extends GraphModelOptions {
  readonly graph: MreModelOptions;
  readonly padId: number;
  /** Rates and decay of the encoder and the other parameters. */
  readonly groups: { readonly weightDecay: number; readonly headLearningRateScale: number };
}

/** Class scores of one example, in the order of the label set. */
export type Logits = Float32Array;

export class RelationModel extends GraphModel<RelationExample> {
  constructor(runtime: Runtime, options: RelationModelOptions) {
    super(runtime, relationTask(options), options);
  }
}

const MIXING = "with mixup";
const PLAIN = "without mixup";

function relationTask({ graph, padId, groups }: RelationModelOptions): TaskGraph<RelationExample> {
  const visualShape: VisualShape | undefined = visualShapeOf(graph);
  const inputsOf = (examples: readonly RelationExample[]) => ({
    ...tokenInputs(
      examples.map(({ input }) => input),
      padId,
    ),
    ...spanInputs(examples),
    ...(visualShape ? visualInputs(examples, visualShape) : {}),
  });
  return {
    name: "relation",
    sparseTable: WORD_TABLE,
    lengthOf: ({ input }) => input.length,
    idOf: ({ id }) => id,
    trainingGraph(scope, dropout, variant) {
      const mixing = graph.i2srm.mixup.enabled && variant !== PLAIN;
      const { loss, plainLoss, mixedLoss, semanticLoss } = mreTraining(scope, graph, dropout, mixing);
      return {
        loss,
        terms: {
          classification: plainLoss,
          ...(mixedLoss ? { mixed: mixedLoss } : {}),
          ...(semanticLoss ? { semantic: semanticLoss } : {}),
        },
      };
    },
    planStep: (examples, at) => planStep(graph, examples, at, inputsOf(examples)),
    predictionGraph: (scope) => mreForward(scope, graph, new Dropout(false)).logits,
    predictionInputs: inputsOf,
    ownScores: (row) => row,
    partOf: (name) => (name.startsWith("encoder.") ? "encoder" : "heads"),
    groups: parameterGroups(groups.weightDecay, { encoder: 1, heads: groups.headLearningRateScale }),
  };
}

function planStep(
  { i2srm }: MreModelOptions,
  examples: readonly RelationExample[],
  at: StepAddress,
  inputs: StepPlan["inputs"],
): StepPlan {
  const { mixup, attention } = i2srm;
  const batch = examples.length;
  const labels = examples.map((example) => labelOf(example));
  const address = [at.seed, at.step] as const;
  const plan = mixupPlan(batch, attention.enabled, mixup, (count) => [
    ...stream(...address, `${at.microStep}/mixup/permutation`).permutation(count),
  ]);
  const lambda = stream(...address, `${at.microStep}/mixup/lambda`).beta(mixup.alpha, mixup.alpha);
  return {
    variant: plan.mixedA.length > 0 ? MIXING : PLAIN,
    inputs: { ...inputs, ...mixupInputs(plan, labels, lambda) },
    sizes: new Map([
      ["batch", batch],
      ["length", inputs.input_ids!.shape[1]!],
    ]),
  };
}
