// What stands for a document's picture: features of pixels, features computed elsewhere, or the caption encoded by a frozen text encoder.

import type { ErrorCode } from "../base/codes/error-code.ts";
import { ConfigError } from "../base/errors.ts";
import type { OnPreparation } from "../base/progress.ts";
import type { Document } from "../data/document.ts";
import type { ReadReport } from "../data/report.ts";
import type { SavedVisual, VisualLabel } from "./saved-visual.ts";

/**
 * What stands for the picture in a trained model: nothing, features of its pixels, features that were computed elsewhere, or
 * its caption, which is another model's reading of the picture and is therefore never called a picture.
 */
export type VisualChannelName = "text only" | VisualLabel; // "pixels", "precomputed features" or "caption-as-vision"

/** What became of the rows of a caption file, and how many captions were cut to what the encoder takes. */
export interface CaptionAccount {
  readonly rows: ReadReport;
  readonly truncated: number;
}

/** The picture's features as the model takes them. */
export interface VisualFeatures {
  /** One per picture: the whole, then its crops; each promptLength * mapWidth numbers. */
  readonly maps: readonly Float32Array[];
  /**
   * One vector for the whole picture: its class scores, or the mean of its caption's states. Files keep its old name: the tensors of a
   * features file are `logits/<image>`, cached features and graph inputs say `logits`.
   */
  readonly pooled: Float32Array;
}

/** Where documents' pictures or captions are found. */
export interface VisualSources {
  readonly captions?: string | undefined;
  readonly pictures?: string | undefined;
  readonly features?: string | undefined;
}

/** An opened channel and where a split's pictures or captions come from. */
export interface VisualInput {
  readonly channel: OpenedVisual;
  readonly sources: VisualSources;
}

/** A picture file that is there and cannot be used. */
export interface BrokenPicture {
  readonly image: string;
  readonly code: ErrorCode;
  readonly message: string;
}

/** What a detector found in the pictures of some documents. */
export interface CropAccount {
  /** Pictures with 0, 1, 2 ... crops; a picture counts once per text where the text decides what is looked for. */
  readonly counts: readonly number[];
  /** Boxes without a pixel of their picture, which were left out. */
  readonly degenerate: number;
}

export interface DocumentFeatures {
  /** In the order of the documents; undefined where there is no usable picture or caption. */
  readonly features: readonly (VisualFeatures | undefined)[];
  readonly broken: readonly BrokenPicture[];
  /** Absent without a detector. */
  readonly crops?: CropAccount;
  /** What the caption file held; absent where none was read. */
  readonly captions?: CaptionAccount;
}

/** An opened visual channel. Frozen: the features of a picture never change during a run. */
export interface OpenedVisual {
  /** What is kept with a trained model, so that the same channel can be opened again. */
  readonly saved: SavedVisual;
  /** Crops beside the whole picture. */
  readonly objects: number;
  /** What a user should know of its encoder's files, one sentence each. */
  readonly notes?: readonly string[];
  featuresOf(
    documents: readonly Document[],
    sources: VisualSources,
    onPreparation: OnPreparation,
  ): Promise<DocumentFeatures>;
  /**
   * Features of one picture: a file's path, or its bytes (any format that is decoded). Absent where the channel cannot read
   * pictures. `text` reaches nothing but a detector that is asked for what the text names.
   */
  readonly featuresOfPicture?: (picture: string | Uint8Array, text: string) => Promise<VisualFeatures>;
  /** Features of picture files, in their order; undefined for one that cannot be used. Absent where the channel cannot read pictures. */
  readonly featuresOfFiles?: (
    paths: readonly string[],
    onPreparation: OnPreparation,
  ) => Promise<readonly (VisualFeatures | undefined)[]>;
  /** Features of one caption; absent where the channel cannot read captions. */
  readonly featuresOfCaption?: (caption: string) => Promise<VisualFeatures>;
  /** Features of many captions, in their order; absent where the channel cannot read captions. */
  readonly featuresOfCaptions?: (
    captions: readonly string[],
    onPreparation: OnPreparation,
  ) => Promise<readonly VisualFeatures[]>;
  dispose(): Promise<void>;
}

/** Maps that a prompt cannot be cut from. */
export function promptLengthError(where: string, channels: number, promptLength: number): ConfigError {
  return new ConfigError({
    code: "config/prompt-length",
    message: `${where}: ${channels} channels of 2 x 2 cannot be split into ${promptLength} equal prompt positions`,
    place: "model.promptLength",
    value: promptLength,
    remedy: "Use 4, or another divisor of four times the number of channels.",
  });
}
