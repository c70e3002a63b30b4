// The contract of a picture encoder that users register: it takes pixels and returns a small map and a vector.
import type { RgbPicture } from "../encoders/pictures/rgb-picture.ts";
import { CONTRACT, type Extension } from "../extensions/extension.ts";

/** A picture encoder's features of one picture. */
export interface EncodedPixels {
  /** `[channels, 2, 2]`, row-major: one position per quarter of the picture. */
  readonly maps: Float32Array;
  /** `[width]`: class scores or a pooled state of the whole picture. */
  readonly pooled: Float32Array;
}

/** What a picture encoder gets when it is opened. */
export interface OpeningPictureEncoder {
  /** The part after the colon in `visual.encoder: "name:argument"`; empty if there is none. */
  readonly argument: string;
  readonly signal?: AbortSignal | undefined;
}

/** An open picture encoder. */
export interface OpenedPictureEncoder {
  /** Number of channels of the maps; `4 * channels` must be a multiple of `model.promptLength`. */
  readonly channels: number;
  /** Length of the pooled vector. */
  readonly width: number;
  /**
   * Must change with everything that affects the numbers, such as weights: cached features and trained
   * models are bound to it. Name, version and argument are always included.
   */
  readonly fingerprint?: string | undefined;
  /**
   * Pixels are row-major, three bytes (red, green, blue) each. The same picture must produce the same
   * numbers.
   */
  encode(picture: RgbPicture): Promise<EncodedPixels> | EncodedPixels;
  /** Releases resources. */
  dispose?(): Promise<void> | void;
}

/** A picture encoder. It is frozen: training does not change it. */
export interface PictureEncoderExtension extends Extension {
  readonly kind: "picture-encoder";
  /** Opens the encoder, once for a run or a loaded model. */
  open(opening: OpeningPictureEncoder): Promise<OpenedPictureEncoder> | OpenedPictureEncoder;
}

/**
 * Defines a picture encoder. Users name it in `visual.encoder` or `--picture-encoder`, with or without an
 * argument (`name` or `name:argument`).
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
