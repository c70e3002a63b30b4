// The document: a text, the picture posted with it, entities as spans and relations between them.

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
  /** How sure the extractor was, from 0 to 1; absent where a person annotated. */
  readonly probability?: number;
}

/** A directed relation between two entities of the same document. */
export interface Relation {
  readonly head: EntityIndex;
  readonly tail: EntityIndex;
  readonly label: string;
  /** How sure the extractor was, from 0 to 1; absent where a person annotated. */
  readonly probability?: number;
}

/** What JSON can hold. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
/** An object of JSON. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** One post: what all readers produce and all models consume. */
export interface Document {
  readonly id: DocumentId;
  readonly text: string;
  /** Absent when the post has no picture. */
  readonly image?: ImageName;
  readonly entities: readonly Entity[];
  readonly relations: readonly Relation[];
  /** Anything else that belongs to the post; `tokens` holds token offsets as `[[start, end], ...]`. */
  readonly meta?: JsonObject;
}

/** What two relations must share to answer the same question: sentence, head span and tail span. */
export function questionKey({ text, entities }: Document, { head, tail }: Relation): string {
  const spans = [head, tail].map((i) => `${entities[i]?.start} ${entities[i]?.end}`);
  return [...spans, text].join("\n");
}
