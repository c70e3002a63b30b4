// Loads a trained entity model from its folder: config, tokenizer, weights, CRF scores, calibration and the visual channel it was trained with.
import { join } from "node:path";
import { parseTextConfig } from "../../encoders/text-config.ts";
import { loadTokenizer, type TextTokenizer } from "../../encoders/tokenizing/index.ts";
import { loadWeights, openWeights } from "../../encoders/weights.ts";
import { Runtime } from "../../engine/index.ts";
import type { TagScheme } from "../../models/tagging/index.ts";
import type { ChainScores } from "../../nn/index.ts";
import { type Calibration, readCalibration } from "../model/calibration-file.ts";
import type { LoadOptions } from "../model/runtime-options.ts";
import { reopenVisual } from "../visual/open-visual.ts";
import { locatedVisual } from "../visual/saved-visual.ts";
import type { OpenedVisual } from "../visual/visual-channel.ts";
import { EntityModel } from "./entity-model.ts";
import { type EntityModelConfig, graphOptions, readEntityModelConfig, schemeOf } from "./model-config.ts";

export interface LoadedEntityModel {
  readonly config: EntityModelConfig;
  readonly scheme: TagScheme;
  readonly tokenizer: TextTokenizer;
  readonly chain: ChainScores;
  readonly model: EntityModel;
  /** Undefined for a model of text only. */
  readonly visual: OpenedVisual | undefined;
  /** Undefined for a model that was never calibrated. */
  readonly calibration: Calibration | undefined;
  dispose(): Promise<void>;
}

/**
 * Loads `folder`, the model-best or model-last of a run.
 *
 * @param openVisual opens the visual channel; another one lets models share it
 * @throws DataError `data/not-a-model`, `data/other-model`, `data/bad-calibration`; EncoderError for missing or wrong weights; EngineError
 * for damaged files
 */
export async function loadEntityModel(
  folder: string,
  options: LoadOptions,
  openVisual = reopenVisual,
): Promise<LoadedEntityModel> {
  const config = await readEntityModelConfig(folder);
  const calibration = await readCalibration(folder);
  const encoder = parseTextConfig(config.encoder, join(folder, "config.json"));
  const tokenizer = await loadTokenizer(folder);
  const runtime = await Runtime.open(options);
  try {
    const visual = await openVisual(runtime, locatedVisual(config.visual, folder), config.i2srm.prefix);
    const model = new EntityModel(runtime, {
      graph: graphOptions(config, encoder),
      padId: tokenizer.padId,
      maxLength: config.maxLength,
      labelMixing: "pair",
      groups: { weightDecay: 0, taggerLearningRateScale: 1, headLearningRateScale: 1 },
      trainable: false,
      precision: options.precision,
    });
    loadWeights(model.declarations.values(), await openWeights(folder), {
      into: ({ name }) => model.parameters.weight(name),
    });
    return {
      config,
      scheme: schemeOf(config),
      tokenizer,
      chain: model.chain,
      model,
      visual,
      calibration,
      async dispose() {
        await model.dispose();
        await visual?.dispose();
        await runtime.dispose();
      },
    };
  } catch (error) {
    await runtime.dispose();
    throw error;
  }
}
