// The interface of object detectors. By its types, a detector sees only pixels and text, never annotations.
import type { RgbPicture } from "../pictures/rgb-picture.ts";
import type { PixelBox } from "./pixel-box.ts";

/** An object in a picture. */
export interface DetectedObject {
  /** In pixels of the picture, not empty, inside the picture. */
  readonly box: PixelBox;
  /** 0..1, in the detector's own scale. */
  readonly score: number;
  /** Name of the class, or the words of the query; undefined if neither is known. */
  readonly label: string | undefined;
}

/** The objects found in one picture. */
export interface Detection {
  /** Best first; equal scores by position: top to bottom, then left to right. */
  readonly objects: readonly DetectedObject[];
  /** Number of boxes above the score threshold that contain no pixel of the picture; they are dropped. */
  readonly degenerate: number;
}

/**
 * A frozen network that finds objects; crops depend only on the picture, and on the text for text-prompted
 * detectors.
 */
export interface ObjectDetector {
  /** Changes with weights, preprocessing, rules and tokenizer: cached crops belong to one fingerprint. */
  readonly fingerprint: string;
  /** Whether the detector is prompted by `text`. */
  readonly usesText: boolean;
  /** @throws EncoderError `encoder/detector-not-finite`, `encoder/bad-detector-output` */
  detect(picture: RgbPicture, text: string): Promise<Detection>;
  dispose(): Promise<void>;
}
