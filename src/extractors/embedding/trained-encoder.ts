// The encoders inside a trained model's folder: its text encoder, and its reading of a whole picture.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { EncoderError } from "../../base/errors.ts";
import { isFields } from "../../base/fields.ts";
import { readWholeText } from "../../base/whole-file.ts";
import type { FrozenTextFolder } from "../../encoders/frozen-text.ts";
import { parseTextConfig } from "../../encoders/text/table.ts";
import { loadWeights, openWeights } from "../../encoders/weights.ts";
import { weightsFingerprint } from "../../encoders/weights-fingerprint.ts";
import { Prediction } from "../../engine/prediction.ts";
import type { Runtime } from "../../engine/runtime.ts";
import type { Extensions } from "../../extensions/extension.ts";
import { hostTensor } from "../../graph/host-tensor.ts";
import { input, type Tensor } from "../../graph/tensor.ts";
import { pictureViews } from "../../models/mi2rage/view-fusion.ts";
import { linearLayer } from "../../nn/layers.ts";
import { ParameterScope } from "../../nn/parameter-scope.ts";
import type { EncodedPicture, PictureEncoder } from "../../visual/frozen-encoder.ts";
import { requireSameNetwork } from "../../visual/open-visual.ts";
import { openPictureEncoder } from "../../visual/picture-encoder.ts";
import { locatedVisual } from "../../visual/saved-visual.ts";
import { readEntityModelConfig } from "../entity/model-config.ts";
import { type RelationModelConfig, readRelationModelConfig } from "../relation/model-config.ts";
import { modelKindOf } from "../shared/saved-config.ts";
import { verifyModel } from "../shared/verify-model.ts";

/** Whether a place is the folder of a model that relata trained, not of an encoder. */
export async function isTrainedModel(place: string): Promise<boolean> {
  const file = join(place, "config.json");
  if (!existsSync(file)) return false;
  let json: unknown;
  try {
    json = JSON.parse(await readWholeText(file));
  } catch (error) {
    if (error instanceof SyntaxError) return false; // the encoder's reader says what is wrong
    throw error;
  }
  return isFields(json) && typeof json.format === "string" && json.format.startsWith("relata-");
}

/**
 * The text encoder of a trained model, for texts without marked mentions and without pictures.
 *
 * @throws DataError `data/not-a-model`, the codes of `verifyModel`; EncoderError `encoder/unsupported-config`
 */
export async function trainedTextEncoder(
  folder: string,
  extensions: Extensions | undefined,
): Promise<FrozenTextFolder> {
  await verifyModel(folder, {});
  const isEntity = (await modelKindOf(folder)) === "entity";
  const config = isEntity ? await readEntityModelConfig(folder) : await readRelationModelConfig(folder);
  return {
    folder,
    config: parseTextConfig(config.encoder, join(folder, "config.json"), extensions),
    prefix: "encoder",
    addedTokens: "addedTokens" in config ? config.addedTokens : 0,
  };
}

/**
 * A trained relation model's vector for a whole picture: that of I2SRM's semantic loss, in the space of the text's representation, or a view of
 * MI2RAGE's student. The frozen picture encoder must still be where it was in training.
 *
 * @throws EncoderError `encoder/no-picture-reading` for models without one, `encoder/changed` for another picture encoder
 */
export async function trainedPictureEncoder(
  runtime: Runtime,
  folder: string,
  extensions: Extensions | undefined,
): Promise<PictureEncoder> {
  await verifyModel(folder, {});
  if ((await modelKindOf(folder)) === "entity") throw noReading(folder, "it finds entities");
  const config = await readRelationModelConfig(folder);
  const visual = locatedVisual(config.visual, folder);
  if (visual?.kind !== "pictures") throw noReading(folder, "it was trained without pictures");
  const pictures = await openPictureEncoder(runtime, visual.encoder, { extensions });
  requireSameNetwork(visual.encoder, pictures.fingerprint, visual.fingerprint);
  const sizes = { maps: pictures.channels * 4, classes: pictures.classes };
  const maps = input("maps", "float32", ["batch", sizes.maps]);
  const logits = input("logits", "float32", ["batch", sizes.classes]);
  const scope = new ParameterScope();
  const reading = readingOf(scope, config, { maps, logits, sizes }, folder);
  const { weights } = loadWeights(scope.table.values(), await openWeights(folder));
  const prediction = new Prediction(runtime, {
    graph: () => ({ reading }),
    weightNames: [...weights.keys()],
    weight: (name) => weights.get(name)!, // loaded for every parameter of the graph
    frozen: true,
    label: "a trained model's pictures",
  });
  return {
    fingerprint: await weightsFingerprint(folder),
    channels: pictures.channels,
    classes: reading.shape.at(-1) as number,
    async encode(picture): Promise<EncodedPicture> {
      const encoded = await pictures.encode(picture);
      const outputs = await prediction.run({
        maps: hostTensor("float32", [1, sizes.maps], encoded.maps as Float32Array<ArrayBuffer>),
        logits: hostTensor("float32", [1, sizes.classes], encoded.logits as Float32Array<ArrayBuffer>),
      });
      return { maps: encoded.maps, logits: outputs.reading!.data as Float32Array };
    },
    async dispose() {
      await prediction.dispose();
      await pictures.dispose();
    },
  };
}

function readingOf(
  scope: ParameterScope,
  config: RelationModelConfig,
  { maps, logits, sizes }: { maps: Tensor; logits: Tensor; sizes: { maps: number; classes: number } },
  folder: string,
): Tensor {
  if ("student" in config)
    return pictureViews(scope.at("pictures"), maps, logits, sizes, config.student.fusion);
  if ("i2srm" in config && config.i2srm.semanticLoss.enabled) {
    const width = 2 * parseTextConfig(config.encoder, join(folder, "config.json")).hiddenSize;
    return linearLayer(scope.at("linear_kl"), logits, sizes.classes, width);
  }
  throw noReading(folder, "it was trained without the semantic loss (model.semanticLoss)");
}

function noReading(folder: string, why: string): EncoderError {
  return new EncoderError({
    code: "encoder/no-picture-reading",
    message: `${folder} has no vector for a whole picture: ${why}`,
    place: folder,
    remedy:
      "Name a student of MI2RAGE or a relation model of I2SRM that was trained with pictures and the semantic loss, or a picture encoder.",
  });
}
