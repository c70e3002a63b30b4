// The student, or a teacher: MI2RAGE's graphs, and the conversion of examples and their shown views to graph inputs.

import type { Runtime } from "../../engine/runtime.ts";
import { trusted } from "../../evaluation/fit-trust.ts";
import { hostTensor } from "../../graph/host-tensor.ts";
import {
  type StudentOptions,
  studentForward,
  studentLoss,
  type ViewReading,
} from "../../models/mi2rage/student.ts";
import { Dropout } from "../../nn/dropout.ts";
import type { StepAddress } from "../../training/model.ts";
import { stream } from "../../training/random.ts";
import { frozenParts, startOf } from "../shared/frozen-layers.ts";
import { GraphModel, type GraphModelOptions, type TaskGraph } from "../shared/graph-model.ts";
import { labelOf } from "../shared/label-of.ts";
import { isWeighted, weightInput, weightsOf } from "../shared/label-weights.ts";
import type { LowerStates } from "../shared/lower-states.ts";
import { parameterGroups } from "../shared/parameter-groups.ts";
import type { StepPlan } from "../shared/step-graph.ts";
import { WORD_TABLE } from "../shared/word-table.ts";
import { inPlace } from "./augmented-texts.ts";
import { columnsOf, drawViews, type Shown, type ViewDraws } from "./draw-views.ts";
import type { ExpertRows } from "./expert-rows.ts";
import { type StudentExample, shownViews, withoutViews } from "./student-example.ts";
import { studentInputs } from "./student-inputs.ts";
import { evidenceOf, logProbabilities, trustedEach, type ViewEvidence } from "./view-evidence.ts";

/** What is random in a training step. */
export interface StepDraws extends ViewDraws {
  /** Both parameters of the Beta distribution of mixup's ratio; undefined: nothing is mixed. */
  readonly mixupAlpha?: number | undefined;
}

/**
 * What a student reads beside the real view: views, generated or real; with a real picture, always the text of
 * its examples, which must hold the two mentions alone; or nothing.
 */
export type ReadBeside = "views" | "mentions" | "nothing";

export interface StudentModelOptions extends GraphModelOptions {
  readonly graph: StudentOptions;
  readonly padId: number;
  /** Default "views". */
  readonly reads?: ReadBeside;
  /** "fused" predicts one row of scores; "each" predicts a row per shown view and a last one without a view. */
  readonly reading: ViewReading;
  /** How far the scores move with the views. Default 1: all the way. */
  readonly trust?: number;
  /** Reads the real view and the views apart and multiplies what they say; absent: reads them together. */
  readonly experts?: ExpertRows | undefined;
  readonly groups: { readonly weightDecay: number; readonly headLearningRateScale: number };
  /** Required for training. */
  readonly training?: StepDraws;
  /** States of the frozen lower layers; compute every text before using it. */
  readonly states?: LowerStates | undefined;
}

export class StudentModel extends GraphModel<StudentExample> {
  readonly #options: StudentModelOptions;

  constructor(runtime: Runtime, options: StudentModelOptions) {
    super(runtime, studentTask(options), options);
    this.#options = options;
  }

  override async predict(
    examples: readonly StudentExample[],
    onProgress?: (done: number) => void,
  ): Promise<Float32Array[]> {
    const { trust = 1, reading, graph, experts } = this.#options;
    if (trust === 1 && experts === undefined) return super.predict(examples, onProgress);
    if (reading === "each" && graph.picture !== undefined) {
      const { without, withViews, bare } = await this.#rows(examples, onProgress);
      return without.map((row, i) =>
        trustedEach(row, withViews[i], bare[i]!, { relations: graph.relations, trust }),
      );
    }
    const { without, evidence } = await this.readings(examples, onProgress);
    return without.map((row, i) => trusted(row, evidence[i]!, trust)); // one for each example
  }

  /** Returns the log-probabilities of examples without their views, and what the views add: nothing for an example that has none. */
  async readings(
    examples: readonly StudentExample[],
    onProgress?: (done: number) => void,
  ): Promise<ViewEvidence> {
    const { without, withViews, bare } = await this.#rows(examples, onProgress);
    return {
      without: without.map(logProbabilities),
      evidence: bare.map((row, i) => evidenceOf(withViews[i], row)),
    };
  }

  /** How far the scores move with the views. */
  get trust(): number {
    return this.#options.trust ?? 1;
  }

  /**
   * Returns what an example's real view says, and what its views say: each as log-probabilities of the labels, `views` undefined for an example that
   * shows none. The views are read with nothing but the two mentions by a student of two experts, and together with the real view by any other.
   */
  async experts(
    examples: readonly StudentExample[],
  ): Promise<readonly { readonly real: Float32Array; readonly views: Float32Array | undefined }[]> {
    const { without, withViews } = await this.#rows(examples);
    return without.map((row, i) => ({
      real: logProbabilities(row),
      views: withViews[i] && logProbabilities(withViews[i]),
    }));
  }

  /** Scores of each example's real view, of its views if it shows any, and of the row that these are compared with. */
  async #rows(examples: readonly StudentExample[], onProgress?: (done: number) => void): Promise<ScoredRows> {
    const { experts } = this.#options;
    const showing = examples.filter((example) => this.#shows(example));
    const before = examples.length - showing.length;
    const predict = async (some: readonly StudentExample[]) => super.predict(some);
    const without = await predict(examples.map(experts?.real ?? withoutViews));
    const own = new Map(examples.map((example, i) => [example, without[i]!])); // one row for each
    const bare = experts
      ? await predict(showing.map(experts.mentions))
      : showing.map((example) => own.get(example)!);
    const rows = await super.predict(experts ? showing.map(experts.views) : showing, (done) =>
      onProgress?.(before + done),
    );
    const of = (some: readonly Float32Array[]) => new Map(showing.map((example, i) => [example, some[i]!]));
    const [seen, compared] = [of(rows), of(bare)];
    return {
      without,
      withViews: examples.map((example) => seen.get(example)),
      bare: examples.map((example, i) => compared.get(example) ?? without[i]!),
    };
  }

  #shows(example: StudentExample): boolean {
    const { graph, reads = "views" } = this.#options;
    return graph.picture !== undefined && reads === "views" && shownViews(example, graph.real).length > 0;
  }
}

/** Rows of scores, one for each example; `withViews` is undefined for an example that shows no view. */
interface ScoredRows {
  readonly without: readonly Float32Array[];
  readonly withViews: readonly (Float32Array | undefined)[];
  readonly bare: readonly Float32Array[];
}

const STEP = "views";

function studentTask(options: StudentModelOptions): TaskGraph<StudentExample> {
  const { graph, padId, reads = "views", reading, groups, training, states, experts } = options;
  const { real, picture, relations } = graph;
  const inputOptions = { real, picture, padId, states };
  const start = startOf(states);
  const shown = (example: StudentExample): Shown<StudentExample> => ({
    example,
    views:
      picture && reads !== "nothing"
        ? shownViews(reads === "mentions" ? { ...example, views: [] } : example, real)
        : [],
  });
  const perView = reading === "each" && picture !== undefined;
  return {
    name: "student",
    sparseTable: WORD_TABLE,
    ...frozenParts(
      states,
      { encoder: graph.encoder, addedTokens: graph.addedTokens, padId },
      (scope) => void studentForward(scope, graph, new Dropout(false), "fused"),
      (example) => textsOf(example, real),
    ),
    lengthOf: (example) => lengthOf(example, real),
    idOf: ({ id }) => id,
    trainingGraph: (scope, dropout, variant) => {
      const how = { mixing: training?.mixupAlpha !== undefined, weighted: isWeighted(variant) };
      const loss = studentLoss(scope, graph, dropout, start, how);
      return { loss, terms: {} };
    },
    planStep(examples, at) {
      if (training === undefined) throw new Error("nothing says how many views a step shows");
      const drawn = examples.map((example, row) =>
        reads === "mentions" ? shown(example) : drawViews(example, training, at, row),
      );
      const read = real === "text" ? drawn.map(inPlace) : drawn;
      const pairs = experts && read.map(experts.trained);
      const batch = pairs ? [0, 1].flatMap((expert) => pairs.map((pair) => pair[expert]!)) : read;
      const plan = stepPlan(batch, inputOptions);
      const { mixupAlpha } = training;
      if (mixupAlpha === undefined) return plan;
      const mixed = mixupInputs(examples, { alpha: mixupAlpha, experts: pairs ? 2 : 1 }, at);
      return { ...plan, inputs: { ...plan.inputs, ...mixed } };
    },
    predictionGraph: (scope) =>
      studentForward(scope, graph, new Dropout(false), perView ? "each" : "fused", start),
    predictionInputs(examples) {
      const batch = examples.map(shown);
      // With "each", the last column has no view.
      const columns = columnsOf(batch) + (perView ? 1 : 0);
      return studentInputs(batch, columns, inputOptions);
    },
    ownScores: (row, example) =>
      perView ? row.slice(0, (shown(example).views.length + 1) * relations) : row,
    partOf: (name) => (name.startsWith("encoder.") ? "encoder" : "heads"),
    groups: parameterGroups(groups.weightDecay, { encoder: 1, heads: groups.headLearningRateScale }),
  };
}

/** The texts that an example shows. */
function textsOf(example: StudentExample, real: "text" | "picture"): StudentExample["input"][] {
  const views = (example.views ?? []).flatMap((view) => (view.kind === "text" ? [view.input] : []));
  return real === "picture" && example.hidesOwn ? views : [example.input, ...views];
}

/** Number of tokens of an example: of the longest text it can show; a hidden text does not affect batching. */
function lengthOf(example: StudentExample, real: "text" | "picture"): number {
  return Math.max(
    real === "picture" && example.hidesOwn ? 1 : example.input.length,
    ...(example.views ?? []).map((view) => (view.kind === "text" ? view.input.length : 0)),
  );
}

function stepPlan(
  batch: readonly Shown<StudentExample>[],
  options: Parameters<typeof studentInputs>[2],
): StepPlan {
  const columns = columnsOf(batch);
  const inputs = studentInputs(batch, columns, options);
  const labels = batch.map(({ example }) => labelOf(example));
  const { variant, weights } = weightsOf(
    batch.map(({ example }) => example),
    STEP,
  );
  return {
    variant,
    inputs: {
      ...inputs,
      labels: hostTensor("int64", [batch.length], labels),
      ...(weights ? { label_weights: weightInput(weights) } : {}),
    },
    sizes: new Map([
      ["batch", batch.length],
      ["views", columns],
      ["length", inputs.attention_mask!.shape[1]!],
    ]),
  };
}

/** Who is mixed with whom, and in which ratio: one permutation and one ratio per step; each expert's rows among themselves. */
function mixupInputs(
  examples: readonly StudentExample[],
  { alpha, experts }: { readonly alpha: number; readonly experts: 1 | 2 },
  at: StepAddress,
): StepPlan["inputs"] {
  const draws = (what: string) => stream(at.seed, at.step, `${at.microStep}/mixup/${what}`);
  const order = [...draws("permutation").permutation(examples.length)];
  const partners = Array.from({ length: experts }, (_, i) =>
    order.map((row) => row + i * examples.length),
  ).flat();
  const shown = partners.map((row) => examples[row % examples.length]!);
  const labels = shown.map(labelOf);
  const { weights } = weightsOf(shown, STEP);
  return {
    ...(weights ? { partner_label_weights: weightInput(weights) } : {}),
    partners: hostTensor("int64", [partners.length], partners),
    partner_labels: hostTensor("int64", [partners.length], labels),
    mix_lambda: hostTensor("float32", [], [draws("lambda").beta(alpha, alpha)]),
  };
}
