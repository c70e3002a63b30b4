// What every frozen picture encoder is, wherever it comes from: pixels in, a small map and a vector out.
import type { RgbPicture } from "../encoders/pictures/rgb-picture.ts";
import type { ExtensionStamp } from "../extensions/extension.ts";

/** Maps [channels * 2 * 2] of one picture, and its class scores, or what the encoder has in their place. */
export interface EncodedPicture {
  readonly maps: Float32Array;
  readonly logits: Float32Array;
}

export interface PictureEncoder {
  /** The extension that it comes from. */
  readonly extension?: ExtensionStamp;
  /** Changes with the weights and the preprocessing: cached features belong to one fingerprint. */
  readonly fingerprint: string;
  readonly channels: number;
  readonly classes: number;
  /** What a user should know of its files, one sentence each. */
  readonly notes?: readonly string[];
  encode(picture: RgbPicture): Promise<EncodedPicture>;
  dispose(): Promise<void>;
}
