// The visual channel of a document: features of pixels, features computed elsewhere, or the caption encoded
// by a frozen text encoder.

import type { ErrorCode } from "../base/codes/error-code.ts";
import { ConfigError } from "../base/errors.ts";
import type { OnPreparation } from "../base/progress.ts";
import type { Document } from "../data/document.ts";
import type { ReadReport } from "../data/report.ts";
import type { DetectedObject } from "../encoders/objects/detector.ts";
import type { SavedVisual, VisualLabel } from "./saved-visual.ts";

/**
 * The visual input of a trained model: nothing, features of pixels, features computed elsewhere, or a
 * caption, which is another model's reading of the picture and is therefore never called a picture.
 */
export type VisualChannelName = "text only" | VisualLabel; // "pixels", "precomputed features" or "caption-as-vision"

/** The visual input of a model. */
export function visualChannelOf({
  visual,
}: {
  readonly visual: Pick<SavedVisual, "label"> | null;
}): VisualChannelName {
  return visual?.label ?? "text only";
}

/** Counts of the rows of a caption file, and of captions truncated to the encoder's limit. */
export interface CaptionAccount {
  readonly rows: ReadReport;
  readonly truncated: number;
}

/** A picture's features as input of the model. */
export interface VisualFeatures {
  /** One per picture: the whole, then its crops; each has promptLength * mapWidth numbers. */
  readonly maps: readonly Float32Array[];
  /**
   * One vector for the whole picture: its class scores, or the mean of its caption's states. Files use an
   * older name: tensors of a features file are `logits/<image>`, and cached features and graph inputs are
   * named `logits`.
   */
  readonly pooled: Float32Array;
}

/** A picture that has not been read yet. */
export interface PictureSource {
  /** Named in errors. */
  readonly place: string;
  /** The file's bytes, read once, so that the hash matches the decoded picture. */
  bytes(): Promise<Uint8Array>;
}

/** The place of a picture of which only the bytes are known. */
export const UNNAMED_PICTURE = "the picture";

/** A picture as a post has it: the path of its file, its bytes, or where to get them. */
export type PostPicture = string | Uint8Array | PictureSource;

/** What a model is shown of a picture: its size in pixels, and the crops, best first. */
export interface PictureRegions {
  readonly width: number;
  readonly height: number;
  readonly crops: readonly DetectedObject[];
}

/** Where to find the documents' pictures or captions. */
export interface VisualSources {
  readonly captions?: string | undefined;
  readonly pictures?: string | undefined;
  readonly features?: string | undefined;
}

/** An open channel and the sources of a split's pictures or captions. */
export interface VisualInput {
  readonly channel: OpenedVisual;
  readonly sources: VisualSources;
}

/** A picture file that exists but cannot be used. */
export interface BrokenPicture {
  readonly image: string;
  readonly code: ErrorCode;
  readonly message: string;
}

/** What a detector found in the pictures of some documents. */
export interface CropAccount {
  /**
   * Pictures with 0, 1, 2 ... crops; a picture counts once per text if the detector is prompted by the
   * text.
   */
  readonly counts: readonly number[];
  /** Boxes that contain no pixel of their picture; they are skipped. */
  readonly degenerate: number;
}

export interface DocumentFeatures {
  /** In the order of the documents; undefined if there is no usable picture or caption. */
  readonly features: readonly (VisualFeatures | undefined)[];
  readonly broken: readonly BrokenPicture[];
  /** Absent without a detector. */
  readonly crops?: CropAccount;
  /** Counts of the caption file; absent if none was read. */
  readonly captions?: CaptionAccount;
}

/** An open visual channel. It is frozen: the features of a picture never change during a run. */
export interface OpenedVisual {
  /** Saved with a trained model, to reopen the same channel. */
  readonly saved: SavedVisual;
  /** Number of crops in addition to the whole picture. */
  readonly objects: number;
  /** Notes for the user about its encoder's files, one sentence each. */
  readonly notes?: readonly string[];
  featuresOf(
    documents: readonly Document[],
    sources: VisualSources,
    onPreparation: OnPreparation,
  ): Promise<DocumentFeatures>;
  /**
   * Features of one picture: a file's path, or its bytes (any format that is decoded). Absent if the
   * channel cannot read pictures. Only a text-prompted detector reads `text`.
   */
  readonly featuresOfPicture?: (picture: PostPicture, text: string) => Promise<VisualFeatures>;
  /** The regions of the picture whose features `featuresOfPicture` returns; absent if the channel cannot read pictures. Needs no `this`. */
  readonly regionsOfPicture?: (picture: PostPicture, text: string) => Promise<PictureRegions>;
  /**
   * Features of pictures, in order; undefined for one that cannot be used. Absent if the channel
   * cannot read pictures.
   */
  readonly featuresOfPictures?: (
    pictures: readonly PictureSource[],
    onPreparation: OnPreparation,
  ) => Promise<readonly (VisualFeatures | undefined)[]>;
  /** Features of one caption; absent if the channel cannot read captions. */
  readonly featuresOfCaption?: (caption: string) => Promise<VisualFeatures>;
  /** Features of many captions, in order; absent if the channel cannot read captions. */
  readonly featuresOfCaptions?: (
    captions: readonly string[],
    onPreparation: OnPreparation,
  ) => Promise<readonly VisualFeatures[]>;
  dispose(): Promise<void>;
}

/** Error for maps that cannot be split into the prompt positions. */
export function promptLengthError(where: string, channels: number, promptLength: number): ConfigError {
  return new ConfigError({
    code: "config/prompt-length",
    message: `${where}: ${channels} channels of 2 x 2 cannot be split into ${promptLength} equal prompt positions`,
    place: "model.promptLength",
    value: promptLength,
    remedy: "Use 4, or another divisor of four times the number of channels.",
  });
}
