// Trains an entity model: the parts that differ from training other tasks.

import type { TrainRequest, TrainSummary } from "../requests.ts";
import { adaptersOf } from "../shared/adapters.ts";
import { lowerStatesOf, prefixAbove, prepareStates } from "../shared/frozen-layers.ts";
import { learningRatesOf } from "../shared/learning-rates.ts";
import { mixupNotes } from "../shared/mixup-notes.ts";
import { i2srmOf } from "../shared/saved-config.ts";
import { trainTask } from "../shared/train-task.ts";
import type { TrainingTask } from "../shared/training-task.ts";
import { calibrateEntities } from "./calibrate.ts";
import { EntityModel } from "./entity-model.ts";
import { dominatingType, type EntityExample } from "./examples.ts";
import { entityModelConfig, graphOptions, readI2srmEntityConfig, schemeOf } from "./model-config.ts";
import { type PreparedEntities, prepareEntities } from "./prepare.ts";
import { entityTypes, readEntityData } from "./read-entities.ts";
import { runMetrics, scoreEntities } from "./scores.ts";

/** The parameters with an entry per tag. */
const TAG_AXES = {
  "linear.weight": [0],
  "linear.bias": [0],
  "crf.start": [0],
  "crf.end": [0],
  "crf.transitions": [0, 1],
};

export const entityTraining: TrainingTask<EntityExample, readonly string[], PreparedEntities> = {
  read: readEntityData,
  labelsOf: entityTypes,
  async startingConfig(folder) {
    const config = await readI2srmEntityConfig(folder);
    const visual = config.visual?.label ?? "text only";
    return { encoder: config.encoder, labels: config.entityTypes, entries: schemeOf(config).tags, visual };
  },
  prepare: ({ set, labels: types, config, encoder, maxLength, visual, onPreparation }) =>
    prepareEntities(
      set,
      {
        tokenizer: encoder.tokenizer,
        scheme: schemeOf({ entityTypes: [...types], subwords: config.model.tagging.subwords }),
        maxLength,
        truncation: config.training.truncation,
      },
      visual,
      onPreparation,
    ),
  create({ labels: types, config, encoder, maxLength, visual, objects, runtime, dropoutEncoder }) {
    const { training } = config;
    const states = lowerStatesOf({ config, encoder });
    const { emissionWidth, labelMixing, subwords, constrained } = config.model.tagging;
    const modelConfig = entityModelConfig({
      entityTypes: [...types],
      subwords,
      constrained,
      emissionWidth,
      encoder: encoder.configJson as Record<string, unknown>,
      maxLength,
      i2srm: prefixAbove(i2srmOf(config.model, objects), training.frozenLayers, encoder.config.layers),
      visual,
    });
    const rates = learningRatesOf(training, encoder.config);
    const model = new EntityModel(runtime, {
      graph: graphOptions(modelConfig, dropoutEncoder),
      padId: encoder.tokenizer.padId,
      maxLength,
      labelMixing,
      groups: {
        weightDecay: training.weightDecay,
        taggerLearningRateScale: rates.tagger / rates.encoder,
        headLearningRateScale: rates.heads / rates.encoder,
      },
      trainable: true,
      adapters: adaptersOf(training),
      states,
    });
    const scheme = schemeOf(modelConfig);
    return {
      model,
      modelConfig,
      heads: { entries: scheme.tags, axes: TAG_AXES },
      groupOf: (example) => dominatingType(example, scheme),
      evaluate: async ({ texts }) =>
        runMetrics((await scoreEntities(model, texts, { scheme, chain: model.chain, constrained })).metrics),
      calibrate: (validation) =>
        calibrateEntities(model, validation, { scheme, chain: model.chain, constrained }),
      beforeTraining: (train, validation, onPreparation) => {
        const scored = validation.texts.flatMap(({ windows }) => windows);
        return prepareStates(model, [...train.examples, ...scored], onPreparation);
      },
    };
  },
  describe: (types) => [...types],
  notes: (_types, _train, config) => mixupNotes(config),
};

/** Trains from the configuration; writes everything about the run to `runFolder`. */
export function trainEntities(request: TrainRequest): Promise<TrainSummary> {
  return trainTask(request, entityTraining);
}
