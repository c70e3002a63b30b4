// The input and output of extraction: a raw post; its entities, relations and category, what the models saw of it, and everything that was left out.
import type { ErrorCode, NoteCode } from "../base/codes/error-code.ts";
import type { Category, Entity, Span } from "../data/document.ts";
import type { NamedEntity, NamedRelation } from "../data/mention-texts.ts";
import type { OffsetUnit } from "../data/offset-units.ts";
import type { PostPicture } from "../visual/visual-channel.ts";

/** A text and its picture or caption. */
export interface Post {
  /** Any string; offsets are positions in this exact string, in UTF-16 code units unless the options name another unit. */
  readonly text: string;
  /** The picture posted with it: path of a file, the file's bytes (JPEG, PNG, GIF, WebP, TIFF, AVIF), or a source that is asked for them once they are needed. */
  readonly image?: PostPicture | undefined;
  /** A caption of the picture, for models that were trained with captions. */
  readonly caption?: string | undefined;
  /** Known mentions, used instead of the entity model's. A relation model without an entity model needs them. */
  readonly entities?: readonly Entity[] | undefined;
  /** The text's words, if the data set has them; by default `splitWords` splits the text. */
  readonly words?: readonly Span[] | undefined;
}

/** What the models saw besides the text; "missing": the named picture or caption does not exist; "broken": it cannot be used. */
export type ShownVisual = "picture" | "caption" | "none" | "missing" | "broken";

/** Something that was cut, left out or ignored. */
export interface ExtractionNote {
  /** Stable: `extract/...`, or the code of an error that one part of the post caused. */
  readonly code: NoteCode | ErrorCode;
  readonly message: string;
  /** The numbers or pairs in the message. */
  readonly value?: unknown;
}

/** An entity of a post, with the `text` of its mention. */
export interface FoundEntity extends NamedEntity {}

/** A relation of a post, with its probability and, as `headText` and `tailText`, the texts of its mentions. */
export interface FoundRelation extends NamedRelation {
  readonly probability: number;
}

/** The category of a post, with its probability. */
export interface FoundCategory extends Category {
  readonly probability: number;
}

/** What was found in a post. */
export interface Extraction {
  /** In text order, with their texts and with probabilities (from 0 to 1); given mentions have no probability. */
  readonly entities: readonly FoundEntity[];
  /** Relations other than "None" between entities. `head` and `tail` are indices into `entities`, `headText` and `tailText` the words there. */
  readonly relations: readonly FoundRelation[];
  /** The most probable category; absent without a category model, and if it is less probable than its threshold. */
  readonly category?: FoundCategory;
  /** What the offsets of the entities count. */
  readonly offsets: OffsetUnit;
  readonly visual: ShownVisual;
  /** Why the picture or caption is missing or broken. */
  readonly visualError?: { readonly code: ErrorCode; readonly message: string };
  /** Whether every probability here comes from a model that was calibrated on validation data. */
  readonly calibrated: boolean;
  /** Empty when nothing was cut, left out or ignored. */
  readonly notes: readonly ExtractionNote[];
}

/** How posts are read; every field has a default. */
export interface ExtractionOptions {
  /** Smallest probability of a relation, in place of the relation model's own thresholds; default: those, or 0 for a model without any. */
  readonly threshold?: number | undefined;
  /** Whether the models' own thresholds apply (`relata thresholds`); default true. */
  readonly thresholds?: boolean | undefined;
  /** Whether to decode only well-formed tag sequences; default: the model's configuration. */
  readonly constrained?: boolean | undefined;
  /** Whether to ask only about pairs of types that had a relation in the training data, if the bundle records them; default true. */
  readonly typeConstraints?: boolean | undefined;
  /** Maximum number of ordered entity pairs per post; default 64. Pairs with the fewest mentions between them come first. */
  readonly maxPairs?: number | undefined;
  /** Tokens shared by neighbouring windows of a long text; default 32. */
  readonly windowOverlap?: number | undefined;
  /** Longest text accepted, in UTF-16 units; default 1,000,000. A longer one is `data/text-too-long`. */
  readonly maxTextLength?: number | undefined;
  /** What to do with a picture or caption that no model can use: "refuse" throws an error, "report" adds a note. */
  readonly unwantedVisual?: "refuse" | "report" | undefined;
  /** What the offsets of given mentions and words, and those of the result, count; default "utf-16", as `text.slice` does. */
  readonly offsets?: OffsetUnit | undefined;
}

/** The default options. */
export interface ResolvedExtractionOptions {
  readonly threshold: number | undefined;
  readonly thresholds: boolean;
  readonly constrained: boolean | undefined;
  readonly typeConstraints: boolean;
  readonly maxPairs: number;
  readonly windowOverlap: number;
  readonly maxTextLength: number;
  readonly unwantedVisual: "refuse" | "report";
  readonly offsets: OffsetUnit;
}
