// What the server answers, as docs/serving.md describes it. Types only.
import type { Document, Entity, JsonObject, Relation } from "../../src/data/document.ts";
import type {
  CategoryChange,
  Explanation,
  ExplanationLayer,
  ExplanationRegion,
  Guess,
  TwoExperts,
} from "../../src/extract/explain/explanation.ts";
import type { Extraction, FoundEntity, FoundRelation } from "../../src/extract/post.ts";
import type {
  DocumentState,
  JudgedAnswer,
  ListedView,
  QueuedDocument,
  SavedState,
} from "../../src/serving/page/answers.ts";
import type { ServedModel } from "../../src/serving/service.ts";

export type {
  CategoryChange as Changed,
  Document as TrainingDocument,
  DocumentState,
  Entity,
  Explanation,
  ExplanationLayer as LayerUse,
  ExplanationRegion as Region,
  FoundEntity,
  FoundRelation,
  Guess,
  JsonObject,
  ListedView as View,
  QueuedDocument,
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

/** A document with what the model finds in it. */
export interface OpenedDocument {
  readonly document: Document;
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
  readonly state: SavedState;
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
export interface Mistake extends JudgedAnswer {
  readonly id: string;
  readonly text: string;
  /** Whether it has a picture that can be shown. */
  readonly image?: true;
}
