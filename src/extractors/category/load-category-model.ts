// Loads a trained category model from its folder: the common parts and its categories.
import { LabelSet } from "../../data/labels.ts";
import { reopenVisual } from "../../visual/open-visual.ts";
import { openTrained, type TrainedModel } from "../shared/open-trained.ts";
import type { LoadOptions } from "../shared/runtime-options.ts";
import { verifyModel } from "../shared/verify-model.ts";
import { CategoryModel } from "./category-model.ts";
import { type CategoryModelConfig, graphOptions, readCategoryModelConfig } from "./model-config.ts";

export interface LoadedCategoryModel extends TrainedModel<CategoryModel> {
  readonly config: CategoryModelConfig;
  readonly labels: LabelSet;
}

/**
 * Loads `folder`, the model-best or model-last of a run.
 *
 * @param openVisual opens the visual channel; pass your own to share it between models
 * @throws the codes of `verifyModel`; DataError `data/not-a-model`, `data/other-model`, and the codes of `openTrained`
 */
export async function loadCategoryModel(
  folder: string,
  options: LoadOptions,
  openVisual = reopenVisual,
): Promise<LoadedCategoryModel> {
  const verified = await verifyModel(folder, options);
  const config = await readCategoryModelConfig(folder);
  const trained = await openTrained(
    { folder, config, prompt: config.i2srm.prefix, options, openVisual },
    (runtime, encoder, { padId }, _calibration, lent) =>
      new CategoryModel(runtime, {
        graph: graphOptions(config, encoder),
        padId,
        groups: { weightDecay: 0, headLearningRateScale: 1 },
        trainable: false,
        precision: options.precision,
        lent,
      }),
  );
  try {
    await verified.check();
    return { ...trained, config, labels: new LabelSet(config.categories) };
  } catch (error) {
    await trained.dispose();
    throw error;
  }
}
