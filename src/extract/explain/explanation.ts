// What an explanation of one post holds: what the picture changed, what of it was shown, and how far each layer used it.
import type { Span } from "../../data/document.ts";
import type { Extraction } from "../post.ts";

/** A label and its probability; a given mention has none. */
export interface Guess {
  readonly label: string;
  readonly probability?: number;
}

/** What the picture did to something found: "more" and "less" keep the label with another probability. */
export type Change = "added" | "removed" | "relabelled" | "more" | "less";

/** Answers with and without the picture; null where there is none. */
export interface Changed {
  readonly change: Change;
  readonly withPicture: Guess | null;
  readonly withoutPicture: Guess | null;
}

/** An entity that the picture changed, by its span. */
export interface EntityChange extends Changed, Span {
  readonly text: string;
}

/** A relation that the picture changed, by the spans of its mentions. */
export interface RelationChange extends Changed {
  readonly head: Span;
  readonly tail: Span;
  readonly headText: string;
  readonly tailText: string;
}

/** The category, if the picture changed it. */
export interface CategoryChange extends Changed {}

/** Which of the models. */
export type ModelName = "entities" | "relations" | "categories";

/** A part of the picture that was shown to at least one model. */
export interface ExplanationRegion {
  readonly kind: "whole" | "crop";
  /** Left, top, right, bottom in pixels of the picture as it is stored (its EXIF orientation is not applied); half-open. */
  readonly box: readonly [number, number, number, number];
  /** The detector's name for it. */
  readonly label?: string;
  /** The detector's own, from 0 to 1. */
  readonly score?: number;
  /** The models that were shown it. */
  readonly models: readonly ModelName[];
}

/** What one text layer did with the picture. */
export interface ExplanationLayer {
  readonly model: ModelName;
  /** Counted from 0. */
  readonly layer: number;
  /** Shares of the pieces of the projected picture that the layer reads. They sum to 1 however little of the picture it reads. */
  readonly gates: readonly number[];
  /** Share of the attention of the text's tokens that goes to the picture, from 0 to 1. Absent if the layer does not attend. */
  readonly attention?: number;
  /** The same share by region, in the order of `regions`; 0 for a region that this model was not shown. Empty for a caption. */
  readonly regions?: readonly number[];
}

/** What each expert says about one pair of mentions, "None" included. */
export interface ExpertGuesses {
  /** Indices into the entities. */
  readonly head: number;
  readonly tail: number;
  readonly headText: string;
  readonly tailText: string;
  /** From the real view alone. */
  readonly real: Guess;
  /** From the picture (for a student of real pictures: the text), see `combination`. */
  readonly views: Guess;
  /** The answer. */
  readonly together: Guess;
}

/** The experts of a student, and how they are combined. */
export interface TwoExperts {
  /** Which side the student learnt from real data. */
  readonly real: "text" | "picture";
  /** "product": the views are read with the two mentions only. "attention": `views` is what the student says of both together at trust 1. */
  readonly combination: "product" | "attention";
  /** Factor of what the views add to the log-probabilities: 0 ignores them. */
  readonly trust: number;
  /** Pairs about which at least one of the three says something other than "None". */
  readonly pairs: readonly ExpertGuesses[];
}

/** What the picture, or the caption in its place, did in one post. */
export interface Explanation {
  /** The same post read without its picture or caption, as the models read a post that has none; null if none was used. */
  readonly withoutPicture: Pick<Extraction, "entities" | "relations" | "category"> | null;
  /** Empty lists if the picture changed nothing. */
  readonly changed: {
    readonly entities: readonly EntityChange[];
    readonly relations: readonly RelationChange[];
    readonly category?: CategoryChange;
  };
  /** Empty for a caption, and if no picture was used. */
  readonly regions: readonly ExplanationRegion[];
  /** Size in pixels; null for a caption, and if no picture was used. */
  readonly picture: { readonly width: number; readonly height: number } | null;
  /** Of I2SRM's models, which read pictures through prefixes of their text layers; empty for other models. */
  readonly layers: readonly ExplanationLayer[];
  /** Of a student of MI2RAGE that reads views. */
  readonly experts?: TwoExperts;
}

/** What was found in a post, and what its picture did. */
export interface ExplainedExtraction extends Extraction {
  readonly explanation: Explanation;
}
