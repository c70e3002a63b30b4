// What the server answers, as docs/serving.md describes it. Types only.
import type { Entity, JsonObject, Relation } from "../../src/data/document.ts";
import type {
  CategoryChange,
  Explanation,
  ExplanationLayer,
  ExplanationRegion,
  Guess,
  TwoExperts,
} from "../../src/extract/explain/explanation.ts";
import type { Extraction, FoundEntity, FoundRelation } from "../../src/extract/post.ts";
import type { ServedModel } from "../../src/serving/service.ts";

export type {
  CategoryChange as Changed,
  Entity,
  Explanation,
  ExplanationLayer as LayerUse,
  ExplanationRegion as Region,
  FoundEntity,
  FoundRelation,
  Guess,
  JsonObject,
  Relation,
  TwoExperts as Experts,
};

/** A model of `GET /v1/models`. */
export type Model = Pick<ServedModel, "name" | "version"> &
  ServedModel["description"] & { readonly loadedAt: string; readonly default: boolean };

/** What is asked about one post. */
export interface PostRequest {
  readonly id?: string;
  readonly text: string;
  readonly image?: { readonly part: string };
  readonly caption?: string;
  readonly entities?: readonly Entity[];
}

/** An answer to one post. */
export interface Answer extends Extraction {
  readonly id?: string;
  readonly model: { readonly name: string; readonly version: string };
  readonly timing: { readonly queuedMs: number; readonly readMs: number };
  readonly explanation?: Explanation;
}

/** RFC 9457, with relata's code, place and remedy. */
export interface Problem {
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly code?: string;
  readonly place?: string;
  readonly remedy?: string;
}

/** One element of an answer to many posts. */
export type Result = Answer | { readonly id?: string; readonly problem: Problem };

/** What the page can offer: `GET /v1/page`. */
export interface PageOffer {
  readonly documents: { readonly count: number; readonly done: number; readonly pictures: boolean } | null;
  readonly runs: readonly { readonly name: string; readonly task: string }[];
  readonly views: boolean;
}

/** Where a document stands. */
export type DocumentState = "open" | "accepted" | "corrected" | "rejected";

/** A document in the queue. */
export interface QueuedDocument {
  readonly id: string;
  readonly text: string;
  readonly image?: boolean;
  /** Absent while the model has not read it. */
  readonly uncertainty?: number;
  readonly state: DocumentState;
}

/** relata's document format. */
export interface TrainingDocument {
  readonly id: string;
  readonly text: string;
  readonly image?: string;
  readonly entities: readonly Entity[];
  readonly relations: readonly Relation[];
  readonly category?: { readonly label: string; readonly probability?: number } | string;
  readonly meta?: JsonObject;
}

/** A document with what the model finds in it. */
export interface OpenedDocument {
  readonly document: TrainingDocument;
  /** Absent if the model could not read it; `predictedProblem` says why. */
  readonly predicted?: Answer;
  readonly predictedProblem?: Problem;
  /** Goes back when it is saved, so that what another saved meanwhile is not lost. */
  readonly etag?: string;
  readonly state: DocumentState;
  readonly savedBy?: string;
  readonly savedAt?: string;
}

/** What is saved of a document. */
export interface Correction {
  readonly entities: readonly Entity[];
  readonly relations: readonly Relation[];
  readonly category?: { readonly label: string };
  readonly state: Exclude<DocumentState, "open">;
  readonly by: string;
}

/** A confusion matrix: gold by predicted. */
export interface Confusion {
  readonly labels: readonly string[];
  readonly cells: readonly (readonly number[])[];
}

/** A cell of a confusion matrix. */
export interface Cell {
  readonly gold: string;
  readonly predicted: string;
}

/** A document that a run got wrong. */
export interface Mistake {
  readonly id: string;
  readonly text: string;
  readonly image?: boolean;
  readonly gold: string;
  readonly predicted: string;
  readonly head?: Entity;
  readonly tail?: Entity;
  readonly entity?: Entity;
  readonly probability?: number;
}

/** A generated view. */
export interface View {
  readonly id: string;
  readonly document: string;
  readonly text?: string;
  readonly picture?: boolean;
  /** The gold label; empty without scores. */
  readonly label: string;
  /** Cross-entropy of the label in nats, by a teacher: low if the view fits the label. */
  readonly score: number | null;
  /** Nats that the view adds about the label; negative if it argues for another one. */
  readonly adds?: number;
  readonly predicted?: string;
  /** Whether it passed the store's checks. */
  readonly kept: boolean;
  readonly reason?: string;
  readonly round: number;
  readonly chain: string;
}
