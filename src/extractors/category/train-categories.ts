// Trains a category model: the parts that differ from training other tasks.

import { documentClusters } from "../../data/document-clusters.ts";
import { categoriesOf, LabelSet } from "../../data/labels.ts";
import type { TrainRequest, TrainSummary } from "../requests.ts";
import { adaptersOf } from "../shared/adapters.ts";
import { calibrateClasses } from "../shared/calibrate-classes.ts";
import { lowerStatesOf, prefixAbove, prepareStates } from "../shared/frozen-layers.ts";
import { labelOf } from "../shared/label-of.ts";
import { learningRatesOf } from "../shared/learning-rates.ts";
import { mixupNotes } from "../shared/mixup-notes.ts";
import { requireAnnotations } from "../shared/prepare-documents.ts";
import { readData } from "../shared/read-data.ts";
import { i2srmOf } from "../shared/saved-config.ts";
import { trainTask } from "../shared/train-task.ts";
import type { TrainingTask } from "../shared/training-task.ts";
import { CategoryModel } from "./category-model.ts";
import { categoryModelConfig, graphOptions, readCategoryModelConfig } from "./model-config.ts";
import { type CategoryExample, prepareCategories } from "./prepare.ts";
import { goldOf, runMetrics, scoreCategories } from "./scores.ts";

/** The parameters with an entry per category. */
const LABEL_AXES = { "classifier.weight": [0], "classifier.bias": [0] };

/** Says that a model with one category has nothing to tell apart: its accuracy of 1 means nothing. */
export function categoryNotes(labels: Iterable<string>): string[] {
  const [only, ...others] = labels;
  return only === undefined || others.length > 0
    ? []
    : [`warning: every training document has the category "${only}", so the model can give no other answer`];
}

const categoryTraining: TrainingTask<CategoryExample, LabelSet> = {
  async read(path, config, onPreparation, extensions) {
    const set = await readData(path, { ...config.data, extensions }, onPreparation);
    requireAnnotations(set, "categories");
    return set;
  },
  labelsOf: async ({ data }, { documents }, known) =>
    new LabelSet(data.categories ?? [...new Set([...known, ...categoriesOf(documents)])], "data.categories"),
  async startingConfig(folder) {
    const { encoder, categories, visual } = await readCategoryModelConfig(folder);
    return { encoder, labels: categories, entries: categories, visual: visual?.label ?? "text only" };
  },
  prepare: ({ encoder, config, runtime: _, split: __, ...request }) =>
    prepareCategories({
      ...request,
      tokenizer: encoder.tokenizer,
      truncation: config.training.truncation,
    }),
  create({ labels, config, encoder, maxLength, visual, objects, runtime, dropoutEncoder }) {
    const { training } = config;
    const states = lowerStatesOf({ config, encoder });
    const modelConfig = categoryModelConfig({
      categories: [...labels],
      encoder: encoder.configJson as Record<string, unknown>,
      maxLength,
      i2srm: prefixAbove(i2srmOf(config.model, objects), training.frozenLayers, encoder.config.layers),
      visual,
    });
    const rates = learningRatesOf(training, encoder.config);
    const model = new CategoryModel(runtime, {
      graph: graphOptions(modelConfig, dropoutEncoder),
      padId: encoder.tokenizer.padId,
      groups: { weightDecay: training.weightDecay, headLearningRateScale: rates.heads / rates.encoder },
      trainable: true,
      adapters: adaptersOf(training),
      states,
    });
    return {
      model,
      modelConfig,
      heads: { entries: labels.labels, axes: LABEL_AXES },
      groupOf: (example) => labels.labels[labelOf(example)]!, // an index into the label set
      beforeTraining: (train, validation, onPreparation) =>
        prepareStates(model, [...train.examples, ...validation.examples], onPreparation),
      evaluate: async ({ examples }) => runMetrics((await scoreCategories(model, examples, labels)).metrics),
      calibrate: async ({ documents, examples }) =>
        calibrateClasses({
          rows: await model.predict(examples),
          gold: goldOf(examples),
          clusters: documentClusters(documents),
          labels: labels.labels,
        }),
    };
  },
  describe: (labels) => [...labels],
  notes: (labels, _train, config) => [...categoryNotes(labels), ...mixupNotes(config)],
};

/** Trains from the configuration; writes everything about the run to `runFolder`. */
export function trainCategories(request: TrainRequest): Promise<TrainSummary> {
  return trainTask(request, categoryTraining);
}
