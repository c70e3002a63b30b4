// What the page's routes answer, as JSON. Types only: the page in web/ uses them too, and has nothing of Node.
import type { Entity } from "../../data/document.ts";

/** What a person did with a document. */
export type SavedState = "accepted" | "corrected" | "rejected";
/** Where a document stands. */
export type DocumentState = "open" | SavedState;

/** Labels of documents, sorted. */
export interface KnownLabels {
  readonly entities: readonly string[];
  readonly relations: readonly string[];
  readonly categories: readonly string[];
}

/** The documents that the page offers for correction. */
export interface OfferedDocuments {
  /** From 0 to 1: how much of their file was indexed. Until it is 1, nothing else is known. */
  readonly indexed: number;
  readonly count: number;
  readonly done: number;
  /** Documents whose uncertainty is known. */
  readonly read: number;
  readonly pictures: boolean;
  /** Of the file, and of what was saved. */
  readonly labels: KnownLabels;
}

/** A document in a list. */
export interface QueuedDocument {
  readonly id: string;
  readonly text: string;
  /** Whether it has a picture that can be shown. */
  readonly image?: true;
  /** From 0 to 1; absent while the model has not read it. */
  readonly uncertainty?: number;
  readonly state: DocumentState;
}

/** The answer of a model beside the gold label of one document. */
export interface JudgedAnswer {
  readonly gold: string;
  readonly predicted: string;
  /** Of a relation. */
  readonly head?: Entity;
  readonly tail?: Entity;
  /** Of an entity: the predicted one, or the gold one that was missed. */
  readonly entity?: Entity;
  /** Of the predicted label; absent for what was missed. */
  readonly probability?: number;
}

/** A view in a list. */
export interface ListedView {
  readonly id: string;
  /** The instance that it was made for. */
  readonly document: string;
  readonly text?: string;
  readonly picture?: true;
  /** The gold label that teachers scored; "" without scores. */
  readonly label: string;
  /** Cross-entropy of the label in nats, by a teacher that saw neither the view nor its instance: low if the view fits the label; null without a score. */
  readonly score: number | null;
  /** Nats that the view adds about the label; negative if it argues for another one. */
  readonly adds?: number;
  /** What the teacher takes the label to be. */
  readonly predicted?: string;
  /** Whether it passed the store's checks. */
  readonly kept: boolean;
  readonly reason?: string;
  readonly round: number;
  /** Counted from 1. */
  readonly chain: string;
}
