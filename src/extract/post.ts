// What extraction takes and gives: a raw post; its entities and relations, what the models saw of it, and everything that was left out.
import type { ErrorCode, NoteCode } from "../base/codes/error-code.ts";
import type { Entity, Relation, Span } from "../data/document.ts";

/** A text and what was posted with it. */
export interface Post {
  /** Any string; offsets of results are UTF-16 code units of exactly this string. */
  readonly text: string;
  /** The picture posted with it: path of a file, or the file's bytes (JPEG, PNG, GIF, WebP, TIFF, AVIF). */
  readonly image?: string | Uint8Array | undefined;
  /** A caption of the picture, for models that were trained with captions. */
  readonly caption?: string | undefined;
  /** Mentions that are known already: they take the place of the entity model's. A relation model alone needs them. */
  readonly entities?: readonly Entity[] | undefined;
  /** The text's words where the data set gives them; by default `splitWords` cuts the text. */
  readonly words?: readonly Span[] | undefined;
}

/** What the models were shown beside the text; "missing": a picture or caption is named, and there is none; "broken": it cannot be used. */
export type ShownVisual = "picture" | "caption" | "none" | "missing" | "broken";

/** Something that was cut, left out or not looked at. */
export interface ExtractionNote {
  /** Stable: `extract/...`, or the code of the error that a part of the post would have been. */
  readonly code: NoteCode | ErrorCode;
  readonly message: string;
  /** The numbers or pairs that the message speaks of. */
  readonly value?: unknown;
}

/** What was found in a post. */
export interface Extraction {
  /** In text order, with probabilities (from 0 to 1); mentions that were given stand as they were given. */
  readonly entities: readonly Entity[];
  /** Relations other than "None" between entities (by their index), with probabilities. */
  readonly relations: readonly (Relation & { readonly probability: number })[];
  readonly visual: ShownVisual;
  /** Why the picture or caption is missing or broken. */
  readonly visualError?: { readonly code: ErrorCode; readonly message: string };
  /** Whether every probability here comes from a model that was calibrated on validation data. */
  readonly calibrated: boolean;
  /** Empty when nothing was cut, left out or overlooked. */
  readonly notes: readonly ExtractionNote[];
}

/** How posts are read; every field has a default. */
export interface ExtractionOptions {
  /** Smallest probability of a relation; default 0: the most probable label decides. */
  readonly threshold?: number | undefined;
  /** Whether entities are decoded from well-formed tag sequences only; default: as the model's configuration says. */
  readonly constrained?: boolean | undefined;
  /** Whether only pairs of types are asked that had a relation in the training data, where the bundle knows; default true. */
  readonly typeConstraints?: boolean | undefined;
  /** Most ordered pairs of entities asked per post; default 64. Those with fewest other mentions between them come first. */
  readonly maxPairs?: number | undefined;
  /** Tokens that neighbouring windows of a long text share; default 32. */
  readonly windowOverlap?: number | undefined;
  /** Longest text that is read, in UTF-16 units; default 1,000,000. A longer one is `data/text-too-long`. */
  readonly maxTextLength?: number | undefined;
  /** What happens to a picture or caption that no model can see: "refuse" is an error, "report" a note. */
  readonly unwantedVisual?: "refuse" | "report" | undefined;
}

/** The options with their defaults. */
export interface ResolvedExtractionOptions {
  readonly threshold: number;
  readonly constrained: boolean | undefined;
  readonly typeConstraints: boolean;
  readonly maxPairs: number;
  readonly windowOverlap: number;
  readonly maxTextLength: number;
  readonly unwantedVisual: "refuse" | "report";
}
