// Loads a trained relation model from its folder: the common parts, its labels and its marker ids.
import { LabelSet } from "../../data/labels.ts";
import { type EntityMarkers, entityMarkers } from "../../encoders/tokenizing/markers.ts";
import { type Extensions, requireStamped } from "../../extensions/extension.ts";
import { loadExtensions } from "../../extensions/load-extensions.ts";
import type { ViewReading } from "../../models/mi2rage/student.ts";
import { reopenVisual } from "../../visual/open-visual.ts";
import type { PairRule } from "../pairs/pair-rule.ts";
import { readPairRule } from "../pairs/pair-rule-file.ts";
import { trustOf } from "../shared/calibration.ts";
import type { GraphModel } from "../shared/graph-model.ts";
import { statesOfLoaded } from "../shared/lower-states.ts";
import { openTrained, type TrainedModel } from "../shared/open-trained.ts";
import type { LoadOptions } from "../shared/runtime-options.ts";
import { verifyModel } from "../shared/verify-model.ts";
import type { StudentExample } from "../student/student-example.ts";
import { methodOf } from "./methods.ts";
import { type RelationModelConfig, readRelationModelConfig } from "./model-config.ts";
import type { RelationMethod } from "./relation-method.ts";

export interface LoadedModel extends TrainedModel<GraphModel<StudentExample>> {
  readonly config: RelationModelConfig;
  /** What a model of this format can do. */
  readonly method: RelationMethod;
  readonly labels: LabelSet;
  readonly markers: EntityMarkers;
  /** What it was taught about pairs; undefined for older models. */
  readonly pairRule: PairRule | undefined;
}

/**
 * Loads `folder`, the model-best or model-last of a run.
 *
 * @param openVisual opens the visual channel; pass your own to share it between models
 * @param reading "each" makes a student of MI2RAGE score every view separately
 * @throws the codes of `verifyModel`; DataError `data/not-a-model`, `data/other-model`, and the codes of `openTrained`
 */
export async function loadModel(
  folder: string,
  options: LoadOptions,
  openVisual = reopenVisual,
  reading: ViewReading = "fused",
): Promise<LoadedModel> {
  const verified = await verifyModel(folder, options);
  const config = await readRelationModelConfig(folder);
  const pairRule = await readPairRule(folder);
  const extensions = await loadExtensions(options.extensions);
  const method = methodOf(config, extensions);
  const { onOtherVersion = options.onNotice } = options;
  for (const notice of versionNotices(config, extensions)) onOtherVersion?.(notice);
  const trained = await openTrained(
    { folder, config, prompt: method.prompt, options: { ...options, extensions }, openVisual },
    (runtime, encoder, tokenizer, calibration, lent) =>
      method.model(runtime, encoder, {
        padId: tokenizer.padId,
        coding: { tokenizer, markers: entityMarkers(tokenizer, { embeddingRows: encoder.vocabSize }) },
        groups: { weightDecay: 0, headLearningRateScale: 1 },
        trainable: false,
        precision: options.precision,
        lent,
        reading,
        trust: trustOf(calibration),
        states: "student" in config ? statesOfLoaded(options.frozenStates, config, encoder) : undefined,
      }),
  );
  try {
    await verified.check();
    const markers = entityMarkers(trained.tokenizer, { embeddingRows: trained.encoder.vocabSize });
    return { ...trained, config, method, labels: new LabelSet(config.relations), markers, pairRule };
  } catch (error) {
    await trained.dispose();
    throw error;
  }
}

/** Reports that a registered reader has another version than in training. */
function versionNotices(config: RelationModelConfig, extensions: Extensions): readonly string[] {
  return "reader" in config ? requireStamped([config.reader], extensions, "the model") : [];
}
