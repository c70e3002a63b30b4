// Opens the visual channel that a configuration or a trained model names.

import { join } from "node:path";
import { ConfigError, EncoderError } from "../base/errors.ts";
import type { Config } from "../config/schema.ts";
import { isMissingPart } from "../encoders/missing-part.ts";
import { openObjectDetector } from "../encoders/objects/onnx-detector.ts";
import { type EncoderDownload, openTextEncoder, type TextEncoderFolder } from "../encoders/text-encoder.ts";
import { weightsFingerprint } from "../encoders/weights-fingerprint.ts";
import type { Runtime } from "../engine/runtime.ts";
import { type ExtensionStamp, Extensions, requireStamped } from "../extensions/extension.ts";
import { CaptionChannel } from "./caption-channel.ts";
import { FeatureFileChannel } from "./feature-file.ts";
import type { PictureEncoder } from "./frozen-encoder.ts";
import { PictureChannel } from "./picture-channel.ts";
import { openPictureEncoder } from "./picture-encoder.ts";
import { registeredPictureEncoder } from "./registered-picture-encoder.ts";
import type { SavedVisual } from "./saved-visual.ts";
import type { OpenedVisual } from "./visual-channel.ts";

/**
 * Subfolder of the cache or the run folder that caches picture features, unless the configuration names a
 * folder for them.
 */
const CACHE_FOLDER = "picture-features";
const CAPTIONS_FOLDER = "caption-features";

/** Opens the channel of a configuration; undefined for text only. */
export async function openVisual(
  runtime: Runtime,
  config: Config,
  textEncoder: TextEncoderFolder,
  runFolder: string,
  download: EncoderDownload,
): Promise<OpenedVisual | undefined> {
  const { promptLength, objects } = config.model;
  const { kind, encoder, detector, stages, features } = config.visual;
  switch (kind) {
    case "none":
      return undefined;
    case "captions":
      return CaptionChannel.open(
        runtime,
        textEncoder,
        promptLength,
        config.cache && join(config.cache, CAPTIONS_FOLDER),
      );
    case "pictures": {
      const place = required(encoder, "visual.encoder", kind);
      const cacheFolder = features ?? join(config.cache ?? runFolder, CACHE_FOLDER);
      return PictureChannel.open(await openPictureEncoder(runtime, place, download), {
        place,
        promptLength,
        stages,
        cacheFolder,
        // Without room for crops, no detector is needed.
        crops:
          detector === undefined || objects === 0 ? undefined : await openCrops(runtime, detector, objects),
      });
    }
    case "features":
      return FeatureFileChannel.open(required(features, "visual.features", kind), promptLength, objects);
    default:
      return kind satisfies never;
  }
}

async function openCrops(runtime: Runtime, place: string, objects: number) {
  return { place, detector: await openObjectDetector(runtime, place), objects };
}

function required(value: string | undefined, field: string, kind: string): string {
  if (value !== undefined) return value;
  throw new ConfigError({
    code: "config/contradiction",
    message: `visual.kind is "${kind}", but ${field} is missing`,
    place: field,
    remedy: `Set ${field}.`,
  });
}

/** What reopening the channel of a trained model needs. */
export interface ReopenOptions {
  readonly extensions?: Extensions | undefined;
  /** Called when an extension has a different version than in training. */
  readonly onOtherVersion?: ((notice: string) => void) | undefined;
}

/** A recorded extension must be opened as an extension: its name must not resolve to a folder or a hub id. */
function requireNamed(place: string, needed: ExtensionStamp | undefined, extensions: Extensions): void {
  const found = registeredPictureEncoder(place, extensions)?.extension.name;
  if (found !== needed?.name) throw changed(place, found);
}

/**
 * Another version of an extension may return different numbers, which is reported; the same version may
 * not.
 */
function isOtherVersion(before: ExtensionStamp | undefined, { extension }: PictureEncoder): boolean {
  return before !== undefined && before.version !== extension?.version;
}

/**
 * Reopens the channel of a trained model.
 *
 * @throws EncoderError `encoder/changed` when the frozen encoder or the detector is not the one of the training run, the codes of
 * `resolveEncoder` and `openObjectDetector` when it is missing; ExtensionError `extension/missing`
 */
export async function reopenVisual(
  runtime: Runtime,
  saved: SavedVisual | null,
  { promptLength, objects }: { readonly promptLength: number; readonly objects: number },
  { extensions = Extensions.NONE, onOtherVersion }: ReopenOptions = {},
): Promise<OpenedVisual | undefined> {
  if (saved === null) return undefined;
  const needed = saved.extension ? [saved.extension] : [];
  for (const notice of requireStamped(needed, extensions, "the model")) onOtherVersion?.(notice);
  const { encoder: place, fingerprint } = saved;
  switch (saved.kind) {
    case "captions": {
      const encoder = await openTextEncoder(place, { extensions }).catch(rethrowAsGone);
      requireSameNetwork(place, await weightsFingerprint(encoder.folder), fingerprint);
      return CaptionChannel.open(runtime, encoder, promptLength);
    }
    case "pictures": {
      requireNamed(place, saved.extension, extensions);
      const encoder = await openPictureEncoder(runtime, place, { extensions }).catch(rethrowAsGone);
      if (!isOtherVersion(saved.extension, encoder))
        requireSameNetwork(place, encoder.fingerprint, fingerprint);
      const crops =
        saved.detector && (await openCrops(runtime, saved.detector.place, objects).catch(rethrowAsGone));
      if (saved.detector && crops) {
        requireSameNetwork(crops.place, crops.detector.fingerprint, saved.detector.fingerprint);
      }
      return PictureChannel.open(encoder, { place, promptLength, stages: saved.stages, crops });
    }
    case "features":
      return FeatureFileChannel.reopen(saved, promptLength, objects);
    default:
      return saved.kind satisfies never;
  }
}

/** Adds to the error of a missing network what the model needs it for; other errors are unchanged. */
function rethrowAsGone(cause: unknown): never {
  if (!isMissingPart(cause)) throw cause;
  throw new EncoderError({
    code: cause.code,
    message: cause.message,
    place: cause.place,
    value: cause.value,
    remedy:
      "The model needs the encoder and the detector with which its pictures or captions were prepared: restore them at this place.",
    cause: cause.cause,
  });
}

/** Refuses another network than the one that a model was trained with. @throws EncoderError `encoder/changed` */
export function requireSameNetwork(place: string, actual: string, expected: string): void {
  if (actual !== expected) throw changed(place, actual);
}

function changed(place: string, actual: string | undefined): EncoderError {
  return new EncoderError({
    code: "encoder/changed",
    message: `${place} is not the network the model was trained with`,
    place,
    remedy: "Restore the original, or train again.",
    value: actual,
  });
}
