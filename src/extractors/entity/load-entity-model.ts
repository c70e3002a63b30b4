// Loads a trained entity model from its folder: the common parts, its tags and its CRF scores.
import type { TagScheme } from "../../models/tagging/tag-scheme.ts";
import type { ChainScores } from "../../nn/viterbi.ts";
import { reopenVisual } from "../../visual/open-visual.ts";
import { statesOfLoaded } from "../shared/lower-states.ts";
import { openTrained, type TrainedModel } from "../shared/open-trained.ts";
import type { LoadOptions } from "../shared/runtime-options.ts";
import { verifyModel } from "../shared/verify-model.ts";
import { type EntityReader, entityReader } from "./entity-reader.ts";
import { type EntityModelConfig, promptOf, readEntityModelConfig, schemeOf } from "./model-config.ts";

export interface LoadedEntityModel extends TrainedModel<EntityReader> {
  readonly config: EntityModelConfig;
  readonly scheme: TagScheme;
  readonly chain: ChainScores;
}

/**
 * Loads `folder`, the model-best or model-last of a run.
 *
 * @param openVisual opens the visual channel; pass your own to share it between models
 * @throws the codes of `verifyModel`; DataError `data/not-a-model`, `data/other-model`, and the codes of `openTrained`
 */
export async function loadEntityModel(
  folder: string,
  options: LoadOptions,
  openVisual = reopenVisual,
): Promise<LoadedEntityModel> {
  const verified = await verifyModel(folder, options);
  const config = await readEntityModelConfig(folder);
  const trained = await openTrained(
    { folder, config, prompt: promptOf(config), options, openVisual },
    (runtime, encoder, { padId }, _calibration, lent) =>
      entityReader(runtime, config, encoder, {
        padId,
        precision: options.precision,
        lent,
        states: statesOfLoaded(options.frozenStates, config, encoder),
      }),
  );
  try {
    await verified.check();
    return { ...trained, config, scheme: schemeOf(config), chain: trained.model.chain };
  } catch (error) {
    await trained.dispose();
    throw error;
  }
}
