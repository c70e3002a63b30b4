// Trains a relation model: the parts that differ from training other tasks.

import { ConfigError } from "../../base/errors.ts";
import { readsGroups } from "../../encoders/text/table.ts";
import type { TextEncoderConfig } from "../../encoders/text-config.ts";
import { visualChannelOf } from "../../visual/visual-channel.ts";
import { formatPairRule, PAIR_RULE_FILE } from "../pairs/pair-rule-file.ts";
import { relationNotes } from "../pairs/relation-notes.ts";
import type { TrainRequest, TrainSummary } from "../requests.ts";
import { adaptersOf } from "../shared/adapters.ts";
import { lowerStatesOf, prefixAbove, prepareStates } from "../shared/frozen-layers.ts";
import type { GraphModel } from "../shared/graph-model.ts";
import { labelOf } from "../shared/label-of.ts";
import { learningRatesOf } from "../shared/learning-rates.ts";
import { mixupNotes } from "../shared/mixup-notes.ts";
import { i2srmOf } from "../shared/saved-config.ts";
import { trainTask } from "../shared/train-task.ts";
import type { ExamplePacking, PreparedSet, TrainableModel, TrainingTask } from "../shared/training-task.ts";
import { calibrateRelations } from "./calibrate.ts";
import type { RelationExample } from "./examples.ts";
import { graphOptions, questionsOf, readI2srmRelationConfig, relationModelConfig } from "./model-config.ts";
import { packedLength, packsOf } from "./packed-pairs.ts";
import { prepareExamples } from "./prepare.ts";
import { type RelationLabels, readRelationData, relationLabels } from "./read-relations.ts";
import { RelationModel } from "./relation-model.ts";
import { runMetrics, scoreModel } from "./scores.ts";

/** The parameters with an entry per label. */
const LABEL_AXES = { "classifier.weight": [0], "classifier.bias": [0] };

/** All pairs of a text with the same picture are one sequence. */
const PACKING: ExamplePacking<RelationExample> = {
  packs: (examples) => packsOf(examples).map((pack) => pack.map((i) => examples[i]!)), // indices of the examples
  lengthOf: (pack) => packedLength(pack[0]!, pack.length), // no pack is empty
};

/** Refuses an encoder that cannot read markers behind its text. @throws ConfigError `config/no-packed-pairs` */
function requirePacking(encoder: TextEncoderConfig): void {
  if (readsGroups(encoder)) return;
  throw new ConfigError({
    code: "config/no-packed-pairs",
    message: `model.relation.pairs is "packed", but an encoder of type ${encoder.modelType} cannot read markers behind its text: the positions of its tokens are not a free choice`,
    place: "model.relation.pairs",
    value: encoder.modelType,
    remedy:
      'Set model.relation.pairs to "separate", or name a text encoder with a table of positions: BERT, RoBERTa, XLM-R or DistilBERT.',
  });
}

/** The common training of relation models, with I2SRM as the model. */
export const relationTraining: TrainingTask<RelationExample, RelationLabels> = {
  read: readRelationData,
  labelsOf: relationLabels,
  prepare: ({ labels: { labels, rule }, config, encoder, split, ...request }) =>
    prepareExamples({
      ...request,
      labels,
      tokenizer: encoder.tokenizer,
      markers: encoder.markers,
      truncation: config.training.truncation,
      pairReading: config.model.relation.pairs,
      unknownRelations: "refuse",
      pairs: { rule, split: split === "train" ? "train" : "scored", masked: true },
    }),
  create({ labels: { labels, rule }, config, encoder, maxLength, visual, objects, runtime, dropoutEncoder }) {
    const { training } = config;
    const states = lowerStatesOf({ config, encoder });
    const isPacked = config.model.relation.pairs === "packed";
    if (isPacked) requirePacking(encoder.config);
    const modelConfig = relationModelConfig({
      relations: [...labels.labels],
      encoder: encoder.configJson as Record<string, unknown>,
      maxLength,
      truncation: training.truncation,
      addedTokens: encoder.markers.addedTokens.length,
      i2srm: prefixAbove(i2srmOf(config.model, objects), training.frozenLayers, encoder.config.layers),
      ...(isPacked ? { pairs: "packed" as const } : {}),
      visual,
      data: questionsOf(config.data),
    });
    const rates = learningRatesOf(training, encoder.config);
    const { weightDecay } = training;
    const model = new RelationModel(runtime, {
      graph: graphOptions(modelConfig, dropoutEncoder),
      padId: encoder.tokenizer.padId,
      markers: encoder.markers,
      groups: { weightDecay, headLearningRateScale: rates.heads / rates.encoder },
      trainable: true,
      adapters: adaptersOf(training),
      states,
    });
    const heads = { entries: labels.labels, axes: LABEL_AXES };
    const trainable = trainableRelations(model, modelConfig, { labels, rule });
    return { ...trainable, heads, ...(isPacked ? { packing: PACKING } : {}) };
  },
  async startingConfig(folder) {
    const config = await readI2srmRelationConfig(folder);
    const { encoder, relations } = config;
    return { encoder, labels: relations, entries: relations, visual: visualChannelOf(config) };
  },
  describe: ({ labels }) => [...labels],
  notes: (labels, train, config) => [...relationNotes(labels, train.account), ...mixupNotes(config)],
};

/** A relation model in training, whatever its method: its pair rule is saved beside it, and it is scored and calibrated over its labels. */
export function trainableRelations(
  model: GraphModel<RelationExample>,
  modelConfig: unknown,
  { labels, rule }: RelationLabels,
): TrainableModel<RelationExample, PreparedSet<RelationExample>> {
  return {
    model,
    modelConfig,
    groupOf: (example) => labels.labels[labelOf(example)]!, // an index into the label set
    modelFiles: { [PAIR_RULE_FILE]: formatPairRule(rule) },
    evaluate: async ({ examples }) => runMetrics((await scoreModel(model, examples, labels)).metrics),
    calibrate: (validation) => calibrateRelations(model, validation, labels),
    beforeTraining: (train, validation, onPreparation) =>
      prepareStates(model, [...train.examples, ...validation.examples], onPreparation),
  };
}

/** Trains from the configuration; writes everything about the run to `runFolder`. */
export function trainRelations(request: TrainRequest): Promise<TrainSummary> {
  return trainTask(request, relationTraining);
}
