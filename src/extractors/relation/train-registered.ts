// Trains a user's registered relation reader: relation model training with the reader's graph on top.
import type { Extensions } from "../../extensions/extension.ts";
import type { TrainRequest, TrainSummary } from "../requests.ts";
import { learningRatesOf } from "../shared/learning-rates.ts";
import { trainTask } from "../shared/train-task.ts";
import type { TrainingTask } from "../shared/training-task.ts";
import type { RelationExample } from "./examples.ts";
import { questionsOf } from "./model-config.ts";
import type { RelationLabels } from "./read-relations.ts";
import { registeredConfig } from "./registered-config.ts";
import { RegisteredModel } from "./registered-model.ts";
import type { RelationReaderExtension } from "./relation-reader-contract.ts";
import { relationTraining, trainableRelations } from "./train-relations.ts";

function registeredTraining(reader: RelationReaderExtension): TrainingTask<RelationExample, RelationLabels> {
  const { kind, name, version } = reader;
  return {
    ...relationTraining,
    create({ labels: { labels, rule }, config, encoder, maxLength, visual, runtime, dropoutEncoder }) {
      const { training } = config;
      const modelConfig = registeredConfig({
        reader: { kind, name, version },
        relations: [...labels.labels],
        encoder: encoder.configJson as Record<string, unknown>,
        maxLength,
        truncation: training.truncation,
        addedTokens: encoder.markers.addedTokens.length,
        promptLength: config.model.promptLength,
        visual,
        data: questionsOf(config.data),
      });
      const rates = learningRatesOf(training, encoder.config);
      const { weightDecay } = training;
      const model = new RegisteredModel(runtime, {
        reader,
        config: modelConfig,
        encoder: dropoutEncoder,
        padId: encoder.tokenizer.padId,
        groups: { weightDecay, headLearningRateScale: rates.heads / rates.encoder },
        trainable: true,
      });
      return trainableRelations(model, modelConfig, { labels, rule });
    },
  };
}

/** Trains with the reader named by `method`; `parseConfig` has checked that it exists. */
export function trainRegistered(request: TrainRequest, extensions: Extensions): Promise<TrainSummary> {
  const { method } = request.config;
  const reader = extensions.find<RelationReaderExtension>("relation-reader", method);
  if (reader === undefined) throw new Error(`there is no relation reader "${method}"`);
  return trainTask(request, registeredTraining(reader));
}
