// Loads a trained relation model from its folder: what every model has, its labels and its markers' ids.
import { LabelSet } from "../../data/index.ts";
import { type EntityMarkers, entityMarkers } from "../../encoders/tokenizing/index.ts";
import { openTrained, type TrainedModel } from "../model/open-trained.ts";
import type { LoadOptions } from "../model/runtime-options.ts";
import { reopenVisual } from "../visual/open-visual.ts";
import { graphOptions, type RelationModelConfig, readRelationModelConfig } from "./model-config.ts";
import { RelationModel } from "./relation-model.ts";

export interface LoadedModel extends TrainedModel<RelationModel> {
  readonly config: RelationModelConfig;
  readonly labels: LabelSet;
  readonly markers: EntityMarkers;
}

/**
 * Loads `folder`, the model-best or model-last of a run.
 *
 * @param openVisual opens the visual channel; another one lets models share it
 * @throws DataError `data/not-a-model`, `data/other-model`, and the codes of `openTrained`
 */
export async function loadModel(
  folder: string,
  options: LoadOptions,
  openVisual = reopenVisual,
): Promise<LoadedModel> {
  const config = await readRelationModelConfig(folder);
  const trained = await openTrained(
    folder,
    config,
    options,
    openVisual,
    (runtime, encoder, { padId }) =>
      new RelationModel(runtime, {
        graph: graphOptions(config, encoder),
        padId,
        groups: { weightDecay: 0, headLearningRateScale: 1 },
        trainable: false,
        precision: options.precision,
      }),
  );
  try {
    const markers = entityMarkers(trained.tokenizer, { embeddingRows: trained.encoder.vocabSize });
    return { ...trained, config, labels: new LabelSet(config.relations), markers };
  } catch (error) {
    await trained.dispose();
    throw error;
  }
}
