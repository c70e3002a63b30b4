// The entity model: I2SRM's graphs for entities, and the conversion of a batch of examples to their inputs.
import type { Runtime } from "../../engine/runtime.ts";
import { type HostTensor, hostTensor } from "../../graph/host-tensor.ts";
import { type LabelMixing, labelInputs, mixLabels } from "../../models/i2srm/label-mixing.ts";
import { mixupPlan, rowInputs } from "../../models/i2srm/mixup-plan.ts";
import { type MnerModelOptions, mnerForward, mnerTraining } from "../../models/i2srm/mner.ts";
import { Dropout } from "../../nn/dropout.ts";
import type { ChainScores } from "../../nn/viterbi.ts";
import type { StepAddress } from "../../training/model.ts";
import { stream } from "../../training/random.ts";
import { visualShapeOf } from "../shared/batch-inputs.ts";
import { frozenParts, readingStates, startOf } from "../shared/frozen-layers.ts";
import { GraphModel, type GraphModelOptions, type TaskGraph } from "../shared/graph-model.ts";
import { isWeighted, weightsOf } from "../shared/label-weights.ts";
import type { LowerStates } from "../shared/lower-states.ts";
import { parameterGroups } from "../shared/parameter-groups.ts";
import { pictureUseOf } from "../shared/picture-use.ts";
import type { StepPlan } from "../shared/step-graph.ts";
import { WORD_TABLE } from "../shared/word-table.ts";
import { entityPrediction } from "./entity-prediction.ts";
import { type EntityExample, tagsOf } from "./examples.ts";

export interface EntityModelOptions extends GraphModelOptions {
  readonly graph: MnerModelOptions;
  readonly padId: number;
  /** Longest text in tokens: the width of the attention across samples, in units of emissionWidth. */
  readonly maxLength: number;
  readonly labelMixing: LabelMixing;
  readonly groups: EntityGroups;
  /** States of the frozen lower layers; absent: texts are read from their tokens. */
  readonly states?: LowerStates | undefined;
}

/** Rates relative to the encoder's: for the tagger (`fc`, `linear`, `crf`), and for everything else outside the encoder. */
export interface EntityGroups {
  readonly weightDecay: number;
  readonly taggerLearningRateScale: number;
  readonly headLearningRateScale: number;
}

/** Scores are the emissions [tokens, tags] of each example. */
export class EntityModel extends GraphModel<EntityExample> {
  constructor(runtime: Runtime, options: EntityModelOptions) {
    super(runtime, entityTask(options), options);
  }

  /** The CRF's scores, in the form that decoding needs. */
  get chain(): ChainScores {
    return chainOf(this);
  }
}

/** The scores of a model's CRF. */
export function chainOf({ parameters }: Pick<GraphModel<never>, "parameters">): ChainScores {
  const scores = (name: string) => parameters.weight(`crf.${name}`).data;
  return { start: scores("start"), end: scores("end"), transitions: scores("transitions") };
}

const MIXING = "with mixup";
const PLAIN = "without mixup";

function entityTask(options: EntityModelOptions): TaskGraph<EntityExample> {
  const { graph: whole, padId, maxLength, groups, states } = options;
  const graph = { ...whole, start: startOf(states) };
  const sizes = { padId, tags: graph.tags, visual: visualShapeOf(graph) };
  const prediction = readingStates(entityPrediction(sizes), states);
  const pictureUseGraph = pictureUseOf(
    graph,
    (scope, use) => void mnerForward(scope, graph, new Dropout(false), "length", use),
  );
  return {
    name: "entity",
    sparseTable: WORD_TABLE,
    ...prediction,
    ...frozenParts<EntityExample>(
      states,
      { encoder: whole.encoder, addedTokens: 0, padId },
      (scope) => void mnerForward(scope, whole, new Dropout(false)),
      ({ input }) => [input],
    ),
    trainingGraph(scope, dropout, variant) {
      const mixing = graph.i2srm.mixup.enabled && variant?.endsWith(PLAIN) !== true;
      const batch = { maxLength, mixing, weighted: isWeighted(variant) };
      const { loss, semanticLoss } = mnerTraining(scope, graph, dropout, batch);
      return { loss, terms: semanticLoss ? { semantic: semanticLoss } : {} };
    },
    planStep: (examples, at) => planStep(options, examples, at, prediction.predictionInputs(examples)),
    predictionGraph: (scope) => mnerForward(scope, graph, new Dropout(false)).emissions,
    ...(pictureUseGraph ? { pictureUseGraph } : {}),
    partOf,
    groups: entityGroups(groups),
  };
}

/** The groups of `partOf`, with their rates. */
export function entityGroups({ weightDecay, taggerLearningRateScale, headLearningRateScale }: EntityGroups) {
  return parameterGroups(weightDecay, {
    encoder: 1,
    tagger: taggerLearningRateScale,
    heads: headLearningRateScale,
  });
}

/** The part of an entity model that a parameter belongs to. */
export function partOf(name: string): string {
  if (name.startsWith("encoder.")) return "encoder";
  return /^(fc|linear|crf)\./.test(name) ? "tagger" : "heads";
}

/** The values, then zeros up to `length`. */
export function padded(values: readonly number[], length: number): number[] {
  return Array.from({ length }, (_, i) => (i < values.length ? values[i]! : 0));
}

function planStep(
  { graph: { i2srm }, labelMixing }: EntityModelOptions,
  examples: readonly EntityExample[],
  at: StepAddress,
  inputs: Readonly<Record<string, HostTensor>>,
): StepPlan {
  const { attention, mixup } = i2srm;
  const batch = examples.length;
  const length = inputs.attention_mask!.shape[1]!;
  const labels = examples.map((example) => padded(tagsOf(example), length));
  const masks = examples.map(({ input }) =>
    padded(
      input.ids.map(() => 1),
      length,
    ),
  );
  const address = [at.seed, at.step] as const;
  const plan = mixupPlan(batch, attention.enabled, mixup, (count) => [
    ...stream(...address, `${at.microStep}/mixup/permutation`).permutation(count),
  ]);
  const lambda = stream(...address, `${at.microStep}/mixup/lambda`).beta(mixup.alpha, mixup.alpha);
  const { variant, weights } = weightsOf(examples, plan.mixedA.length > 0 ? MIXING : PLAIN);
  return {
    variant,
    inputs: {
      ...inputs,
      ...rowInputs(plan),
      ...labelInputs(mixLabels(labels, masks, plan, lambda, labelMixing, weights)),
      mix_lambda: hostTensor("float32", [], [lambda]),
    },
    sizes: new Map([
      ["batch", batch],
      ["length", length],
    ]),
  };
}
