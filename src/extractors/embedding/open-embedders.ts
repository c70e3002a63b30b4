// Opens what compares texts or pictures: an encoder, or the part of a trained model that reads them.

import type { Runtime } from "../../engine/runtime.ts";
import type { Extensions } from "../../extensions/extension.ts";
import { TextEmbedder } from "../../synthesis/text-embedder.ts";
import type { PictureEncoder } from "../../visual/frozen-encoder.ts";
import { openPictureEncoder } from "../../visual/picture-encoder.ts";
import { isTrainedModel, trainedPictureEncoder, trainedTextEncoder } from "./trained-encoder.ts";

/** Opens a text encoder, or that of a trained model: `place` is a folder or a hub id. */
export async function openTextEmbedder(
  runtime: Runtime,
  place: string,
  extensions?: Extensions,
): Promise<TextEmbedder> {
  return (await isTrainedModel(place))
    ? TextEmbedder.of(runtime, await trainedTextEncoder(place, extensions))
    : TextEmbedder.open(runtime, place);
}

/** Opens a picture encoder, or what a trained relation model makes of one; `logits` is the vector to compare. */
export async function openPictureEmbedder(
  runtime: Runtime,
  place: string,
  extensions?: Extensions,
): Promise<PictureEncoder> {
  return (await isTrainedModel(place))
    ? trainedPictureEncoder(runtime, place, extensions)
    : openPictureEncoder(runtime, place, { extensions });
}
