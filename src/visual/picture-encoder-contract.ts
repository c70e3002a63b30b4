// The contract of a picture encoder that users register: pixels in, a small map and a vector out.
import type { RgbPicture } from "../encoders/pictures/rgb-picture.ts";
import { CONTRACT, type Extension } from "../extensions/extension.ts";

/** What a picture encoder makes of one picture. */
export interface EncodedPixels {
  /** `[channels, 2, 2]`, row-major: what each quarter of the picture holds. */
  readonly maps: Float32Array;
  /** `[width]`: class scores or a pooled state of the whole picture. */
  readonly pooled: Float32Array;
}

/** What a picture encoder is opened with. */
export interface OpeningPictureEncoder {
  /** What comes after the colon in `visual.encoder: "name:argument"`; empty without one. */
  readonly argument: string;
  readonly signal?: AbortSignal | undefined;
}

/** A picture encoder that is ready to be asked. */
export interface OpenedPictureEncoder {
  /** Channels of the maps; four times as many numbers must be a multiple of `model.promptLength`. */
  readonly channels: number;
  /** Length of the pooled vector. */
  readonly width: number;
  /** Changes with everything that changes the numbers, such as weights: cached features and trained models are bound to it. Name, version and argument are part of it anyway. */
  readonly fingerprint?: string | undefined;
  /** Pixels are row-major, three bytes (red, green, blue) each. The same picture must give the same numbers. */
  encode(picture: RgbPicture): Promise<EncodedPixels> | EncodedPixels;
  /** Releases what was opened. */
  dispose?(): Promise<void> | void;
}

/** A way to encode pictures. It is frozen: training does not change it. */
export interface PictureEncoderExtension extends Extension {
  readonly kind: "picture-encoder";
  /** Opens the encoder, once for a run or a loaded model. */
  open(opening: OpeningPictureEncoder): Promise<OpenedPictureEncoder> | OpenedPictureEncoder;
}

/**
 * Defines a picture encoder, whose name users then write in `visual.encoder` or `--picture-encoder`, alone or with an argument (`name:argument`).
 *
 * @example
 * import { definePictureEncoder } from "relata/extend";
 *
 * export default definePictureEncoder({
 *   name: "brightness",
 *   version: "1.0.0",
 *   open: () => ({
 *     channels: 1,
 *     width: 1,
 *     encode({ data }) {
 *       const mean = data.reduce((sum, byte) => sum + byte, 0) / data.length / 255;
 *       return { maps: new Float32Array(4).fill(mean), pooled: Float32Array.of(mean) };
 *     },
 *   }),
 * });
 */
export function definePictureEncoder(
  encoder: Omit<PictureEncoderExtension, "kind" | "contract">,
): PictureEncoderExtension {
  return Object.freeze({ ...encoder, kind: "picture-encoder", contract: CONTRACT });
}
