// What finds objects in pictures: the interface. By its types a detector sees pixels and text, and nothing of what is annotated in the text.
import type { RgbPicture } from "../pictures/rgb-picture.ts";
import type { PixelBox } from "./pixel-box.ts";

/** An object in a picture. */
export interface DetectedObject {
  /** In pixels of the picture, not empty, inside of it. */
  readonly box: PixelBox;
  /** 0..1, the detector's own measure. */
  readonly score: number;
  /** Name of the class, or the words that were looked for; undefined where nobody named it. */
  readonly label: string | undefined;
}

/** What was found in one picture. */
export interface Detection {
  /** The best first; equal scores by position: from the top, then from the left. */
  readonly objects: readonly DetectedObject[];
  /** Boxes above the score threshold that hold no pixel of the picture; they are left out. */
  readonly degenerate: number;
}

/** A frozen network that finds objects; crops are a function of the picture, and of the text for detectors that are asked for what it names. */
export interface ObjectDetector {
  /** Changes with weights, preprocessing, rules and tokenizer: cached crops belong to one fingerprint. */
  readonly fingerprint: string;
  /** Whether `text` decides what is looked for. */
  readonly usesText: boolean;
  /** @throws EncoderError `encoder/detector-not-finite`, `encoder/bad-detector-output` */
  detect(picture: RgbPicture, text: string): Promise<Detection>;
  dispose(): Promise<void>;
}
