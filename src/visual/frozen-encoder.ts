// The interface of every frozen picture encoder: it takes pixels and returns a small map and a vector.
import type { RgbPicture } from "../encoders/pictures/rgb-picture.ts";
import type { ExtensionStamp } from "../extensions/extension.ts";

/**
 * Returns the maps [channels * 2 * 2] of one picture, and its class scores or the encoder's substitute for
 * them.
 */
export interface EncodedPicture {
  readonly maps: Float32Array;
  readonly logits: Float32Array;
}

export interface PictureEncoder {
  /** The extension that provides it. */
  readonly extension?: ExtensionStamp;
  /** Changes with the weights and the preprocessing: cached features belong to one fingerprint. */
  readonly fingerprint: string;
  readonly channels: number;
  /** Channels of each stage, from the bottom; the maps are joined in this order. Absent: a single stage. */
  readonly stages?: readonly number[];
  readonly classes: number;
  /** Notes for the user about its files, one sentence each. */
  readonly notes?: readonly string[];
  encode(picture: RgbPicture): Promise<EncodedPicture>;
  dispose(): Promise<void>;
}
