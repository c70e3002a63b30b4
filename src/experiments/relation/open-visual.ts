// Opens the visual channel that a configuration or a trained model names.
import { join } from "node:path";
import { WEIGHT_FILE } from "../../encoders/weights.ts";
import type { Runtime } from "../../engine/index.ts";
import { ConfigError, EncoderError } from "../../errors.ts";
import type { Config } from "../config/schema.ts";
import { CaptionChannel } from "./caption-channel.ts";
import { fileFingerprint, type SavedVisual } from "./model-config.ts";
import { openTextEncoder, type TextEncoderFolder } from "./text-encoder.ts";
import type { OpenedVisual } from "./visual-channel.ts";

/** The channel of a run's configuration; undefined for text only. */
export async function openVisual(
  runtime: Runtime,
  config: Config,
  textEncoder: TextEncoderFolder,
): Promise<OpenedVisual | undefined> {
  switch (config.visual.kind) {
    case "none":
      return undefined;
    case "captions":
      return CaptionChannel.open(runtime, textEncoder, config.model.promptLength);
    case "pictures":
    case "features":
      throw new ConfigError({ code: "config/not-yet", message: "openVisual: pictures", remedy: "" });
    default:
      return config.visual.kind satisfies never;
  }
}

/**
 * The channel a trained model was made with.
 *
 * @throws EncoderError `encoder/changed` when the frozen encoder's weights are not those of the training run
 */
export async function reopenVisual(
  runtime: Runtime,
  saved: SavedVisual | null,
  promptLength: number,
): Promise<OpenedVisual | undefined> {
  if (saved === null) return undefined;
  if (saved.encoder !== undefined && saved.fingerprint !== undefined) {
    await requireSameWeights(saved.encoder, saved.fingerprint);
  }
  switch (saved.kind) {
    case "captions":
      return CaptionChannel.open(runtime, await openTextEncoder(saved.encoder!), promptLength); // captions always save it
    case "pictures":
    case "features":
      throw new ConfigError({ code: "config/not-yet", message: "openVisual: pictures", remedy: "" });
    default:
      return saved.kind satisfies never;
  }
}

async function requireSameWeights(folder: string, fingerprint: string): Promise<void> {
  const path = join(folder, WEIGHT_FILE);
  const actual = await fileFingerprint(path).catch((cause: NodeJS.ErrnoException) => {
    throw new EncoderError({
      code: "encoder/no-weights",
      message: `openVisual: the frozen encoder ${path} cannot be read (${cause.code})`,
      place: path,
      remedy: "The model needs the encoder its pictures or captions were encoded with: put it back there.",
      cause,
    });
  });
  if (actual === fingerprint) return;
  throw new EncoderError({
    code: "encoder/changed",
    message: `openVisual: ${path} is not the encoder the model was trained with`,
    place: path,
    remedy: "Put the original weights back, or train again.",
    value: actual,
  });
}
