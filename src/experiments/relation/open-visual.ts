// Opens the visual channel that a configuration or a trained model names.
import { join } from "node:path";
import { WEIGHT_FILE } from "../../encoders/weights.ts";
import type { Runtime } from "../../engine/index.ts";
import { ConfigError, EncoderError } from "../../errors.ts";
import type { Config } from "../config/schema.ts";
import { CaptionChannel } from "./caption-channel.ts";
import { FeatureFileChannel } from "./feature-file.ts";
import { fileFingerprint, type SavedVisual } from "./model-config.ts";
import { PictureChannel } from "./picture-channel.ts";
import { openPictureEncoder } from "./picture-encoder.ts";
import { openTextEncoder, type TextEncoderFolder } from "./text-encoder.ts";
import type { OpenedVisual } from "./visual-channel.ts";

/** Picture features are cached here, below the run folder, unless the configuration names a folder. */
const CACHE_FOLDER = "picture-features";

/** The channel of a run's configuration; undefined for text only. */
export async function openVisual(
  runtime: Runtime,
  config: Config,
  textEncoder: TextEncoderFolder,
  runFolder: string,
): Promise<OpenedVisual | undefined> {
  const { promptLength } = config.model;
  const { kind, encoder, features } = config.visual;
  switch (kind) {
    case "none":
      return undefined;
    case "captions":
      return CaptionChannel.open(runtime, textEncoder, promptLength);
    case "pictures": {
      const place = required(encoder, "visual.encoder", kind);
      const cacheFolder = features ?? join(runFolder, CACHE_FOLDER);
      return PictureChannel.open(await openPictureEncoder(runtime, place), {
        place,
        promptLength,
        cacheFolder,
      });
    }
    case "features":
      return FeatureFileChannel.open(required(features, "visual.features", kind), promptLength);
    default:
      return kind satisfies never;
  }
}

function required(value: string | undefined, field: string, kind: string): string {
  if (value !== undefined) return value;
  throw new ConfigError({
    code: "config/contradiction",
    message: `${field} is missing, and visual.kind is "${kind}"`,
    place: field,
    remedy: `Set ${field}.`,
  });
}

/**
 * The channel a trained model was made with.
 *
 * @throws EncoderError `encoder/changed` when the frozen encoder is not the one of the training run, `encoder/no-weights` when it is gone
 */
export async function reopenVisual(
  runtime: Runtime,
  saved: SavedVisual | null,
  promptLength: number,
): Promise<OpenedVisual | undefined> {
  if (saved === null) return undefined;
  const { encoder: place, fingerprint } = saved;
  switch (saved.kind) {
    case "captions": {
      const weights = join(place, WEIGHT_FILE);
      requireSame(weights, await fingerprintOrMissing(weights), fingerprint);
      return CaptionChannel.open(runtime, await openTextEncoder(place), promptLength);
    }
    case "pictures": {
      const encoder = await openPictureEncoder(runtime, place);
      requireSame(place, encoder.fingerprint, fingerprint);
      return PictureChannel.open(encoder, { place, promptLength });
    }
    case "features":
      return FeatureFileChannel.open(place, promptLength);
    default:
      return saved.kind satisfies never;
  }
}

async function fingerprintOrMissing(path: string): Promise<string> {
  return fileFingerprint(path).catch((cause: NodeJS.ErrnoException) => {
    throw new EncoderError({
      code: "encoder/no-weights",
      message: `openVisual: the frozen encoder ${path} cannot be read (${cause.code})`,
      place: path,
      remedy: "The model needs the encoder its pictures or captions were encoded with: put it back there.",
      cause,
    });
  });
}

function requireSame(place: string, actual: string, expected: string): void {
  if (actual === expected) return;
  throw new EncoderError({
    code: "encoder/changed",
    message: `openVisual: ${place} is not the encoder the model was trained with`,
    place,
    remedy: "Put the original back, or train again.",
    value: actual,
  });
}
