// What the student adds to the common training: generated views, their selection, frozen lower layers.

import type { Json } from "../../base/json.ts";
import type { Config } from "../../config/schema.ts";
import type { VisualInput } from "../../visual/visual-channel.ts";
import { formatPairRule, PAIR_RULE_FILE } from "../pairs/pair-rule-file.ts";
import { relationNotes } from "../pairs/relation-notes.ts";
import { calibrateRelations } from "../relation/calibrate.ts";
import { questionsOf } from "../relation/model-config.ts";
import { type RelationLabels, readRelationData, relationLabels } from "../relation/read-relations.ts";
import { runMetrics, scoreModel } from "../relation/scores.ts";
import { adaptersOf } from "../shared/adapters.ts";
import { lowerStatesOf } from "../shared/frozen-layers.ts";
import { labelOf } from "../shared/label-of.ts";
import { learningRatesOf } from "../shared/learning-rates.ts";
import type { LowerStates } from "../shared/lower-states.ts";
import type {
  ModelRequest,
  PreparationRequest,
  TrainableModel,
  TrainingTask,
} from "../shared/training-task.ts";
import { augments, drawsOf } from "./augmented-texts.ts";
import { chooseRule } from "./chosen-rule.ts";
import { expertRows } from "./expert-rows.ts";
import { readsOf, studentConfig, studentGraph } from "./model-config.ts";
import { poolOf, prepareStudents, type StudentSet } from "./prepare-students.ts";
import { type SelectionRule, selectViews } from "./selection.ts";
import { selectionAccount } from "./selection-account.ts";
import { selectionNotes } from "./selection-notes.ts";
import type { KeptViews, StudentExample, StudentView, ViewedExample } from "./student-example.ts";
import { StudentModel, type StudentModelOptions } from "./student-model.ts";
import { mentionsAlone, withMentionsAlone } from "./view-alone.ts";
import { calibrateStudent, trustedMetrics } from "./view-trust.ts";

/** The student's training. */
export const studentTraining: TrainingTask<StudentExample, RelationLabels, StudentSet> = {
  read: readRelationData,
  labelsOf: relationLabels,
  async prepare(request) {
    const prepared = await prepareSplit(request);
    if (request.split === "validation") return prepared;
    const { config } = request;
    const { real, use, rounds } = config.synthesis;
    const chosen = await chooseRule(prepared, request);
    const bare = prepared.examples.filter((example) => poolOf(example, real, use).length === 0).length;
    const { account } = prepared;
    return {
      ...prepared,
      examples: prepared.examples.map((example) => ({
        ...example,
        keptIn: selectedViews(example, poolOf(example, real, use), config, chosen.rule),
      })),
      account:
        rounds !== 0 && real === "text" && !augments(config) ? { ...account, withoutVisual: bare } : account,
      selection: selectionAccount(prepared, config, chosen),
    };
  },
  create: (request) =>
    createStudent(request, {
      training: drawsOf(request.config),
      reading: "fused",
      states: lowerStatesOf(request),
    }),
  describe: ({ labels }) => [...labels],
  notes: (labels, train) => [...relationNotes(labels, train.account), ...selectionNotes(train.selection)],
  record: viewsRecord,
};

/** What a run's record says about the views of its training examples. */
export function viewsRecord({
  views,
  selection,
}: Pick<StudentSet, "views" | "selection">): Readonly<Record<string, Json>> {
  return {
    ...(views ? { views: JSON.parse(JSON.stringify(views)) } : {}),
    ...(selection ? { selection: JSON.parse(JSON.stringify(selection)) } : {}),
  };
}

/** Builds examples of a split: training documents with generated views, validation documents with their own other modality. */
export async function prepareSplit({
  labels: { labels, rule },
  config,
  encoder: { tokenizer, markers },
  visual,
  split,
  ...request
}: PreparationRequest<RelationLabels>): Promise<StudentSet> {
  const { store, real, use, rounds, chains, asManyAsRounds } = config.synthesis;
  const training = split === "train";
  const generated = training && use !== "real" && rounds !== 0 && store !== undefined;
  const rewritten = augments(config);
  const hidesOwn = training && use === "synthetic";
  const prepared = await prepareStudents({
    ...request,
    labels,
    tokenizer,
    markers,
    truncation: config.training.truncation,
    real,
    visual: ownVisual(config, visual, training),
    wanted: generated ? { store, rounds, chains, asManyAsRounds, rewritten, visual, hidesOwn } : undefined,
    unknownRelations: "refuse",
    pairs: { rule, split: training ? "train" : "scored", masked: true },
  });
  if (readsMentions(config)) return withMentionsAlone(prepared, { tokenizer, markers });
  if (generated || !hidesOwn) return prepared;
  return { ...prepared, examples: prepared.examples.map((example) => ({ ...example, hidesOwn })) };
}

/** Whether there are no views of the other modality to train with. */
const isBlind = (config: Config): boolean => {
  const { rounds, use } = config.synthesis;
  return (rounds === 0 && use === "synthetic") || augments(config);
};
/** Whether texts are read for the two mentions that the question is about: no generated text holds them. */
const readsMentions = (config: Config): boolean => isBlind(config) && config.synthesis.real === "picture";

/** The documents' own pictures: in training only if they are real or requested, in validation if there are any. */
export function ownVisual(
  config: Config,
  visual: VisualInput | undefined,
  training: boolean,
): VisualInput | undefined {
  if (visual === undefined) return undefined;
  const { real, use } = config.synthesis;
  if (training) return real === "picture" || use !== "synthetic" ? visual : undefined;
  const { captions, pictures } = visual.sources;
  const there = visual.channel.saved.kind === "captions" ? captions !== undefined : pictures !== undefined;
  return there ? visual : undefined;
}

/** Returns the views of an example that a rule keeps, chosen once per epoch from its pool. */
export function selectedViews(
  example: ViewedExample,
  pool: readonly StudentView[],
  { synthesis: { use } }: Config,
  rule: SelectionRule,
): KeptViews {
  const own = pool.slice(0, use === "both" && pool.length > (example.views ?? []).length ? 1 : 0);
  const generated = pool.slice(own.length);
  let known: { readonly epoch: number; readonly views: readonly StudentView[] } | undefined;
  return (epoch) => {
    if (known?.epoch !== epoch) {
      known = { epoch, views: [...own, ...selectViews(rule, example.id, generated, epoch)] };
    }
    return known.views;
  };
}

/** Creates a student, or a teacher, and its metrics. */
export function createStudent(
  {
    labels: { labels, rule },
    config,
    encoder,
    maxLength,
    visual,
    runtime,
    dropoutEncoder,
  }: ModelRequest<RelationLabels>,
  {
    training: views,
    reading,
    states,
  }: Required<Pick<StudentModelOptions, "training" | "reading">> & {
    readonly states: LowerStates | undefined;
  },
): TrainableModel<StudentExample, StudentSet> & { readonly model: StudentModel } {
  const { training, synthesis, model: sizes } = config;
  // Teachers judge one view each.
  const isProduct =
    reading === "fused" && synthesis.combination === "product" && visual !== null && !isBlind(config);
  const fits = !isBlind(config) && (isProduct || synthesis.trust !== 1);
  const mentionsOf = (input: StudentExample["input"]) => mentionsAlone(input, encoder);
  const modelConfig = studentConfig({
    relations: [...labels.labels],
    encoder: encoder.configJson as Record<string, unknown>,
    maxLength,
    truncation: training.truncation,
    addedTokens: encoder.markers.addedTokens.length,
    student: {
      real: synthesis.real,
      fusion: sizes.fusion,
      promptLength: sizes.promptLength,
      blind: isBlind(config),
      ...(readsMentions(config) ? { mentions: true } : {}),
      ...(isProduct ? { combination: "product" as const } : {}),
    },
    visual,
    data: questionsOf(config.data),
  });
  const rates = learningRatesOf(training, encoder.config);
  const { weightDecay } = training;
  const graph = studentGraph(modelConfig, dropoutEncoder);
  const { padId } = encoder.tokenizer;
  const model = new StudentModel(runtime, {
    graph,
    padId,
    reads: readsOf(modelConfig.student),
    reading,
    groups: { weightDecay, headLearningRateScale: rates.heads / rates.encoder },
    trainable: true,
    adapters: adaptersOf(training),
    training: views,
    states,
    experts: isProduct ? expertRows(synthesis.real, mentionsOf) : undefined,
  });
  return {
    model,
    modelConfig,
    groupOf: (example) => labels.labels[labelOf(example)]!, // an index into the label set
    rowsPerExample: isProduct ? 2 : 1,
    modelFiles: { [PAIR_RULE_FILE]: formatPairRule(rule) },
    evaluate: async (validation) =>
      fits
        ? trustedMetrics(model, validation, labels, synthesis.trust)
        : runMetrics((await scoreModel(model, validation.examples, labels)).metrics),
    calibrate: (validation) =>
      fits
        ? calibrateStudent(model, validation, labels, synthesis.trust)
        : calibrateRelations(model, validation, labels),
    async beforeTraining(train, validation, onPreparation) {
      const texts = [...train.examples, ...validation.examples].flatMap((example) => [
        ...(synthesis.real === "picture" && example.hidesOwn ? [] : [example.input]),
        ...(isProduct ? [mentionsOf(example.input)] : []),
        ...(example.views ?? []).flatMap((view) => (view.kind === "text" ? [view.input] : [])),
      ]);
      await states?.compute(
        runtime,
        model,
        { encoder: encoder.config, addedTokens: graph.addedTokens, padId },
        texts,
        (done, total) => onPreparation?.({ what: "encoding texts with the frozen layers", done, total }),
      );
    },
  };
}
