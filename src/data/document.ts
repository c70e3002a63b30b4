// The document: a text, its picture, entities as spans, relations between them, and a category of the whole post.

/** Unique within a data set; never empty. */
export type DocumentId = string;
/** Name of a picture file, relative to the picture folder; never empty. */
export type ImageName = string;
/** Offset into a text, in UTF-16 code units. */
export type TextOffset = number;
/** Position in `Document.entities`. */
export type EntityIndex = number;

/** Half-open: `text.slice(start, end)`, `0 <= start < end <= text.length`. */
export interface Span {
  readonly start: TextOffset;
  readonly end: TextOffset;
}

/** A mention and its type. */
export interface Entity extends Span {
  readonly label: string;
  /** The extractor's confidence, from 0 to 1; absent in human annotations. */
  readonly probability?: number;
}

/** A directed relation between two entities of the same document. */
export interface Relation {
  readonly head: EntityIndex;
  readonly tail: EntityIndex;
  readonly label: string;
  /** The extractor's confidence, from 0 to 1; absent in human annotations. */
  readonly probability?: number;
}

/** The class of a whole post: its topic, its sentiment, or whatever a data set classifies by. */
export interface Category {
  readonly label: string;
  /** The model's confidence, from 0 to 1; absent in human annotations. */
  readonly probability?: number;
}

/** A JSON value. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
/** A JSON object. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** One post: the output of all readers and the input of all models. */
export interface Document {
  readonly id: DocumentId;
  readonly text: string;
  /** Absent if the post has no picture. */
  readonly image?: ImageName;
  readonly entities: readonly Entity[];
  readonly relations: readonly Relation[];
  /** Absent if nobody has classified the post. */
  readonly category?: Category;
  /** Any other data of the post; `tokens` has token offsets as `[[start, end], ...]`. */
  readonly meta?: JsonObject;
}

/** Key of the question that a relation answers: sentence, head span and tail span. */
export function questionKey({ text, entities }: Document, { head, tail }: Relation): string {
  const spans = [head, tail].map((i) => `${entities[i]?.start} ${entities[i]?.end}`);
  return [...spans, text].join("\n");
}
