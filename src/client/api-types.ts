// What requests and answers of a server look like, for the client and for the server itself; a test compares these types with the schemas
// of the OpenAPI document.

/** What offsets count: UTF-16 code units, as in JavaScript; code points, as in Python; or bytes of UTF-8. */
export type Offsets = "utf-16" | "code-point" | "utf-8";

/** A part of a text. */
export interface TextSpan {
  readonly start: number;
  /** After the last unit. */
  readonly end: number;
}

/** A known mention of a post. */
export interface GivenEntity extends TextSpan {
  readonly label: string;
}

/** A picture: the file's bytes, its bytes in base64, or an address that the server was told to read from. */
export type Picture =
  | Uint8Array
  | ArrayBuffer
  | Blob
  | { readonly base64: string }
  | { readonly url: string };

/** A text and the picture or caption posted with it. */
export interface PostToRead {
  /** Repeated in the answer. */
  readonly id?: string | undefined;
  readonly text: string;
  readonly image?: Picture | undefined;
  readonly caption?: string | undefined;
  /** Used instead of the entities that the model would find. */
  readonly entities?: readonly GivenEntity[] | undefined;
  /** The text's words; by default the server splits the text. */
  readonly words?: readonly TextSpan[] | undefined;
}

/** How a post is read; every field has a default. */
export interface ReadOptions {
  /** Smallest probability of a relation, in place of the model's own thresholds. */
  readonly threshold?: number | undefined;
  /** Whether the model's own thresholds apply; default true. */
  readonly thresholds?: boolean | undefined;
  readonly constrained?: boolean | undefined;
  readonly typeConstraints?: boolean | undefined;
  readonly maxPairs?: number | undefined;
  readonly windowOverlap?: number | undefined;
  readonly unwantedVisual?: "refuse" | "report" | undefined;
  readonly offsets?: Offsets | undefined;
}

/** An entity that was found. */
export interface ResultEntity extends TextSpan {
  readonly text: string;
  readonly label: string;
  /** Absent for given mentions. */
  readonly probability?: number;
}

/** A relation that was found; `head` and `tail` are positions in `entities`. */
export interface ResultRelation {
  readonly head: number;
  readonly tail: number;
  readonly headText: string;
  readonly tailText: string;
  readonly label: string;
  readonly probability: number;
}

/** The model that answered. */
export interface ModelName {
  /** Its name in requests. */
  readonly name: string;
  /** Begins the hash of its weights: another version has another one. */
  readonly version: string;
}

/** What was found in a post. */
export interface Result {
  readonly id?: string;
  readonly model: ModelName;
  readonly entities: readonly ResultEntity[];
  readonly relations: readonly ResultRelation[];
  readonly category?: { readonly label: string; readonly probability: number };
  readonly offsets: Offsets;
  /** What the models saw besides the text. */
  readonly visual: "picture" | "caption" | "none" | "missing" | "broken";
  readonly visualError?: { readonly code: string; readonly message: string };
  readonly calibrated: boolean;
  /** What was cut, left out or ignored. */
  readonly notes: readonly { readonly code: string; readonly message: string; readonly value?: unknown }[];
  readonly timing: { readonly queuedMs: number; readonly readMs: number };
  /** With `explain`: what the picture changed. */
  readonly explanation?: Readonly<Record<string, unknown>>;
}

/** One of several faults of a request. */
export interface RequestFault {
  /** The field: `posts[3].text`. */
  readonly place: string;
  readonly detail: string;
}

/** A problem document (RFC 9457). */
export interface Problem {
  /** A name of the kind of problem; not an address. */
  readonly type: string;
  /** What this kind of problem means. */
  readonly title: string;
  readonly status: number;
  /** What happened. */
  readonly detail: string;
  /** Stable; docs/errors.md lists all. */
  readonly code: string;
  /** The field that it is about: `posts[3].image`. */
  readonly place?: string;
  readonly remedy: string;
  /** The request's id, also in the server's log. */
  readonly instance?: string;
  /** Every fault, if the request has several. */
  readonly faults?: readonly RequestFault[];
}

/** Precision, recall and F1 in [0, 1]. */
export interface ScoreRow {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Ends of the 95 % interval of the F1; null if it was not computed. */
  readonly interval: readonly [low: number, high: number] | null;
  /** Annotations in the documents, and how many were found. */
  readonly gold: number;
  readonly predicted: number;
}

/** Scores of a model on the documents of one file. */
export interface ModelScores {
  readonly data: { readonly source: string; readonly fingerprint: string; readonly documents: number };
  /** "validation": the documents chose the best epoch, so that scores on others will be lower. */
  readonly split: "validation" | "test";
  /** How many of the documents' texts the model was trained on; null if that is unknown. */
  readonly trained: number | null;
  /** Pooled over all labels ("micro"), and by label. */
  readonly scores: readonly (ScoreRow & {
    readonly of: "entities" | "relations" | "relations end to end" | "categories";
    readonly macroF1: number;
    readonly labels: readonly (ScoreRow & { readonly label: string })[];
  })[];
}

/** What a served model finds and sees. */
export interface ModelDescription {
  /** "bundle", or the task of a model that is served alone. */
  readonly kind: "bundle" | "mner" | "mre" | "classification";
  readonly entityTypes: readonly string[];
  /** Relation labels, "None" included. */
  readonly relationLabels: readonly string[];
  readonly categories: readonly string[];
  /** The visual input of each model. */
  readonly visualChannels: readonly string[];
  readonly sees: { readonly pictures: boolean; readonly captions: boolean };
  /** Whether posts must include their mentions. */
  readonly needsMentions: boolean;
  /** Scores as the model's card has them, one entry per file; null where none is on record. */
  readonly scores: readonly ModelScores[] | null;
  readonly remarks: readonly string[];
  readonly notices: readonly string[];
}

/** A served model. */
export interface Model extends ModelName, ModelDescription {
  readonly loadedAt: string;
  /** Whether it answers requests that name no model. */
  readonly default: boolean;
}
